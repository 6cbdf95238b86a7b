package dev.millrace.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.TinyDetector;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.fit.Augmentation;
import dev.millrace.trainer.fit.FineTuning;
import dev.millrace.trainer.fit.Recipe;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.rollout.VersionName;
import dev.millrace.worker.model.ModelSpec;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class TrainerCommandsTest {
    @TempDir
    private Path folder = Path.of("");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void everyCommandExplainsItselfIn80ColumnsWithAnExample() {
        List<CommandLine> commands = new ArrayList<>();
        commandLine().getSubcommands().values().forEach(command -> {
            commands.add(command);
            commands.addAll(command.getSubcommands().values());
        });
        assertThat(commands).hasSizeGreaterThan(8);
        for (CommandLine command : commands) {
            String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
            assertThat(help).contains("Example").contains("  millrace ");
            assertThat(help.lines()).as(help).allMatch(line -> line.length() <= 80);
        }
    }

    @Test
    void everyCommandThatTakesAVersionSaysAlikeHowOneIsNamed() {
        List<CommandLine> taking = new CommandLine(new ModelsCommand())
                .getSubcommands().values().stream()
                        .filter(command -> command.getCommandSpec().args().stream()
                                .anyMatch(argument -> VersionName.class.equals(argument.auxiliaryTypes()[0])))
                        .toList();
        assertThat(taking).hasSizeGreaterThan(8);
        for (CommandLine command : taking) {
            String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF).replaceAll("\\s+", " ");
            assertThat(help).as(command.getCommandName()).contains(VersionNameConverter.FORMS);
        }
    }

    @Test
    void evaluatesTheBundledModelAsOneJsonObject() throws Exception {
        assertThat(run("evaluate", "bundled:fashion-mnist", "--dataset", "bundled:fashion-mnist", "--json"))
                .isZero();

        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertThat(out.toString().strip().lines()).hasSize(1);
        assertThat(answer.path("images").asInt()).isEqualTo(2_000);
        assertThat(answer.path("top1").asDouble()).isBetween(0.92, 1.0);
        assertThat(answer.path("top5").asDouble()).isBetween(0.99, 1.0);
        assertThat(answer.path("images_per_second").asDouble()).isPositive();
        assertThat(answer.path("classes")).hasSize(10);
        assertThat(answer.has("compare")).isFalse();
    }

    @Test
    void evaluatesPicturesOfAnySizeInFoldersNamedAfterTheClasses() throws Exception {
        writePictures("test");

        assertThat(run("evaluate", "bundled:fashion-mnist", "--dataset", "folder:" + folder, "--json"))
                .isZero();

        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertThat(answer.path("images").asInt()).isEqualTo(60);
        assertThat(answer.path("top1").asDouble()).isBetween(0.85, 1.0);
        assertThat(run("evaluate", "bundled:fashion-mnist", "--dataset", "images:" + folder))
                .isEqualTo(1);
        assertThat(err.toString()).contains("images has no labels");
    }

    @Test
    void evaluatesOnAsManyHeldOutImagesAsTrainingHeldOut() throws Exception {
        writePictures("train");
        String[] evaluate = {
            "evaluate",
            "bundled:fashion-mnist",
            "--dataset",
            "folder:" + folder,
            "--split",
            "validation",
            "--json",
            "--held-out"
        };

        assertThat(run(with(evaluate, "2"))).isZero();
        assertThat(new ObjectMapper().readTree(out.toString()).path("images").asInt())
                .isEqualTo(2);
        assertThat(run(with(evaluate, "50"))).isEqualTo(1);
        assertThat(err.toString()).contains("held out: 50 of folder (expected: 1 to 5)");
    }

    private static String[] with(String[] arguments, String... more) {
        return Stream.of(arguments, more).flatMap(Stream::of).toArray(String[]::new);
    }

    private void writePictures(String split) throws Exception {
        Dataset sample = DatasetSpec.parse("bundled:fashion-mnist").load();
        for (int i = 0; i < 60; i++) {
            String label = sample.classes().get(sample.test().label(i)).replace('/', '_');
            Path folderOfClass = Files.createDirectories(folder.resolve(split).resolve(label));
            byte[] pixels = sample.test().image(i);
            int scale = 1 + i % 3;
            BufferedImage picture = new BufferedImage(28 * scale, 28 * scale, BufferedImage.TYPE_BYTE_GRAY);
            for (int p = 0; p < 784 * scale * scale; p++) {
                int x = p % (28 * scale);
                int y = p / (28 * scale);
                picture.getRaster().setSample(x, y, 0, pixels[y / scale * 28 + x / scale]);
            }
            ImageIO.write(picture, "png", folderOfClass.resolve(i + ".png").toFile());
        }
    }

    @Test
    void exportsAndComparesAndShowsFp32Beside() throws Exception {
        Path weights = folder.resolve("model.safetensors");
        Path onnx = folder.resolve("fp32.onnx");
        Samples.randomNet(2).save(weights);

        assertThat(run(
                        "export",
                        weights.toString(),
                        "--out",
                        onnx.toString(),
                        "--name",
                        "mine",
                        "--input",
                        "float",
                        "--opset",
                        "21",
                        "--parent",
                        "3",
                        "--git-commit",
                        "0a1b2c3d-dirty",
                        "--json"))
                .isZero();
        JsonNode exported = new ObjectMapper().readTree(out.toString());
        assertThat(exported.path("input").asText()).isEqualTo("float");
        assertThat(exported.path("opset").asInt()).isEqualTo(21);
        assertThat(exported.path("bytes").asLong()).isEqualTo(Files.size(onnx));
        assertThat(OnnxFile.metadata(OnnxFile.parse(Files.readAllBytes(onnx), "mine")))
                .containsEntry(ModelMetadata.NAME, "mine")
                .containsEntry(ModelMetadata.PARENT_VERSION, "3")
                .containsEntry(ModelMetadata.GIT_COMMIT, "0a1b2c3d-dirty");
        assertThat(run("parity", weights.toString(), onnx.toString(), "--dataset", "bundled:fashion-mnist", "--layers"))
                .isZero();
        assertThat(out.toString()).contains("the same (tolerance").contains("stage1_join");
        assertThat(run(
                        "evaluate",
                        "bundled:fashion-mnist",
                        "--compare",
                        onnx.toString(),
                        "--dataset",
                        "bundled:fashion-mnist"))
                .isZero();
        assertThat(out.toString()).contains("int8").contains("fp32").contains("Ankle boot");
    }

    @Test
    void quantizesAModelThatSaysNothingOfItsPixelsIntoOneThatCanBeServed() throws Exception {
        Path weights = folder.resolve("model.safetensors");
        Path onnx = folder.resolve("fp32.onnx");
        Path int8 = folder.resolve("int8.onnx");
        Samples.randomNet(2).save(weights);
        run("export", weights.toString(), "--out", onnx.toString(), "--input", "float");
        ModelProto exported = OnnxFile.parse(Files.readAllBytes(onnx), "exported");
        Map<String, String> metadata = OnnxFile.metadata(exported);
        metadata.keySet().removeAll(List.of(ModelMetadata.MEAN, ModelMetadata.SCALE, ModelMetadata.CHANNEL_ORDER));
        OnnxFile.write(OnnxFile.withMetadata(exported, metadata), onnx);
        String[] quantize = {
            "quantize",
            onnx.toString(),
            "--calibrate",
            "folder:" + folder,
            "--out",
            int8.toString(),
            "--max-drop",
            "100",
            "--even-if-slower"
        };
        writePictures("train");

        assertThat(run(quantize)).isEqualTo(1);
        assertThat(err.toString()).contains("mean, scale: absent (expected: --mean and --scale");
        assertThat(run(with(quantize, "--mean=127.5", "--scale=0.0078125"))).isZero();

        ModelSpec spec = ModelSpec.describe(Files.readAllBytes(int8));
        assertThat(spec.precision()).isEqualTo("int8");
        assertThat(OnnxFile.metadata(OnnxFile.parse(Files.readAllBytes(int8), "int8")))
                .containsEntry(ModelMetadata.MEAN, "127.5")
                .containsEntry(ModelMetadata.SCALE, "0.0078125");
    }

    @Test
    void quantizesAnExportOfUltralyticsIntoOneThatSaysAllOfItsUse() throws Exception {
        Path onnx = folder.resolve("yolo.onnx");
        Path int8 = folder.resolve("yolo.int8.onnx");
        Files.write(onnx, TinyDetector.openExport());
        writePictures("train");

        assertThat(run(
                        "quantize",
                        onnx.toString(),
                        "--calibrate",
                        "folder:" + folder,
                        "--out",
                        int8.toString(),
                        "--max-drop",
                        "100",
                        "--even-if-slower"))
                .as(err.toString())
                .isZero();

        assertThat(OnnxFile.metadata(OnnxFile.parse(Files.readAllBytes(int8), "int8")))
                .containsEntry(ModelMetadata.TASK, "detection")
                .containsEntry(ModelMetadata.PRECISION, "int8")
                .containsEntry(ModelMetadata.SIZE, "12x8")
                .containsEntry(ModelMetadata.SCALE, "0.003921569")
                .containsEntry(ModelMetadata.LABELS, "[\"cat\",\"dog\"]")
                .containsEntry("millrace.input.resize", "letterbox")
                .containsEntry("millrace.head.decoding", "yolov8")
                .containsEntry("names", "{0: 'cat', 1: 'dog'}");
        ModelSpec spec = ModelSpec.describe(Files.readAllBytes(int8));
        ModelSpec fp32 = ModelSpec.describe(Files.readAllBytes(onnx));
        assertThat(spec.head()).isEqualTo(fp32.head());
        assertThat(spec.outputs()).isEqualTo(fp32.outputs());
        assertThat(spec.pixels()).isEqualTo(fp32.pixels());
        assertThat(spec.resizing()).isEqualTo(fp32.resizing());
    }

    @Test
    void drawsTheConfusionMatrixAndWeighsAndFlipsOnRequest() throws Exception {
        Path picture = folder.resolve("confusion.svg");
        Path metrics = Files.writeString(folder.resolve("metrics.yaml"), "beta: 2\nweights: {Shirt: 3}\n");

        assertThat(run(
                        "evaluate",
                        "bundled:fashion-mnist",
                        "--dataset",
                        "bundled:fashion-mnist",
                        "--metrics",
                        metrics.toString(),
                        "--confusion",
                        picture.toString(),
                        "--flip"))
                .isZero();
        assertThat(out.toString())
                .contains("weighted F2 %", "with test-time flip, which no worker does", "most confused");
        assertThat(picture).content().contains("T-shirt/top as Shirt");
        assertThat(run(
                        "evaluate",
                        "bundled:fashion-mnist",
                        "--dataset",
                        "bundled:fashion-mnist",
                        "--confusion",
                        "confusion.gif"))
                .isEqualTo(1);
    }

    @Test
    void theGatePrintsEveryCheckAndRefusesByExitCode1() throws Exception {
        Path file = Files.writeString(folder.resolve("gate.yaml"), "minimum: {top1: 0.999, top5: 0.9}\n");
        String[] gate = {
            "gate", "bundled:fashion-mnist", "--file", file.toString(), "--dataset", "bundled:fashion-mnist", "--json"
        };

        assertThat(run(gate)).isEqualTo(1);

        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertThat(out.toString().strip().lines()).hasSize(1);
        assertThat(answer.path("passed").booleanValue()).isFalse();
        assertThat(answer.path("checks").findValuesAsText("name"))
                .contains("runs", "seconds", "p99_ms", "top1", "top5");
        JsonNode top1 = answer.path("checks").get(answer.path("checks").size() - 2);
        assertThat(top1.path("passed").booleanValue()).isFalse();
        assertThat(top1.path("figure").asDouble()).isBetween(0.92, 0.999);
        assertThat(top1.path("limit").asDouble()).isEqualTo(0.999);
        assertThat(top1.path("reason").asText()).isEqualTo("below the minimum");
        assertThat(answer.path("checks")
                        .get(answer.path("checks").size() - 1)
                        .path("passed")
                        .booleanValue())
                .isTrue();
    }

    @Test
    void theGateWantsAFileOrGoldenVectorsToRecord() {
        assertThat(run("gate", "bundled:fashion-mnist", "--dataset", "bundled:fashion-mnist"))
                .isEqualTo(2);
        assertThat(run(
                        "gate",
                        "bundled:fashion-mnist",
                        "--dataset",
                        "bundled:fashion-mnist",
                        "--record-golden",
                        "golden.json",
                        "--champion",
                        "bundled:fashion-mnist"))
                .isEqualTo(2);
    }

    @Test
    void parityFailsBeyondTheToleranceAndSaysWhere() throws Exception {
        Path weights = folder.resolve("model.safetensors");
        Path others = folder.resolve("others.safetensors");
        Path onnx = folder.resolve("fp32.onnx");
        Samples.randomNet(2).save(weights);
        Samples.randomNet(3).save(others);
        run("export", others.toString(), "--out", onnx.toString());
        out.getBuffer().setLength(0);
        List<String> parity =
                List.of("parity", weights.toString(), onnx.toString(), "--dataset", "bundled:fashion-mnist");

        assertThat(run(parity.toArray(String[]::new))).isEqualTo(1);
        assertThat(out.toString()).contains("NOT THE SAME", ": stem_norm (stem_conv, then stem_norm), by ");
        out.getBuffer().setLength(0);
        List<String> json = new ArrayList<>(parity);
        json.addAll(List.of("--json", "--layers"));

        assertThat(run(json.toArray(String[]::new))).isEqualTo(1);
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertThat(out.toString().strip().lines()).hasSize(1);
        assertThat(answer.path("passed").asBoolean(true)).isFalse();
        assertThat(answer.path("images").asInt()).isEqualTo(2_000);
        assertThat(answer.path("single_images").asInt()).isEqualTo(10);
        JsonNode first = answer.path("first_layer_beyond_tolerance");
        assertThat(first.path("layer").asText()).isEqualTo("stem_norm");
        assertThat(first.path("operations")).extracting(JsonNode::asText).containsExactly("stem_conv", "stem_norm");
        assertThat(first.path("max_difference").asDouble()).isPositive();
        assertThat(answer.path("layers").findValuesAsText("layer"))
                .startsWith("input", "stem_norm")
                .endsWith("logits");
    }

    @Test
    void exportSaysWhatIsWrongAndWritesNothing() throws Exception {
        Path weights = folder.resolve("model.safetensors");
        Path onnx = folder.resolve("new").resolve("fp32.onnx");
        Samples.randomNet(2).save(weights);
        String[] export = {"export", weights.toString(), "--out", onnx.toString()};
        Map<String, String> wrong = Map.of(
                "--opset=16", "opset: 16 (expected: 17 to 26)",
                "--opset=27", "opset: 27 (expected: 17 to 26)",
                "--parent=0", "parent: 0 (expected: a version such as 3 or fashion-mnist/3)",
                "--git-commit=HEAD", "git commit: HEAD (expected: 4 to 64 hex digits, as git shows them)",
                "--input=int8", "[UINT8, FLOAT]");
        wrong.forEach((option, message) -> {
            List<String> arguments = new ArrayList<>(List.of(export));
            arguments.add(option);
            assertThat(run(arguments.toArray(String[]::new))).as(option).isEqualTo(2);
            assertThat(err.toString()).contains(message);
        });

        Path absent = folder.resolve("absent.safetensors");
        assertThat(run("export", absent.toString(), "--out", onnx.toString())).isEqualTo(1);
        assertThat(err.toString()).contains(absent + ": no such file");
        assertThat(onnx.getParent()).doesNotExist();
        assertThat(run("export", weights.toString(), "--out", weights + "/fp32.onnx"))
                .isEqualTo(1);
        assertThat(err.toString()).contains(weights + ": exists (expected: a folder)");
        assertThat(run(export)).isZero();
        assertThat(onnx).exists();
    }

    @Test
    void saysInOneLineWhatIsWrongWithAFile() throws Exception {
        Path noModel = Files.writeString(folder.resolve("no.onnx"), "no model");

        assertThat(run("evaluate", "absent.onnx", "--dataset", "bundled:fashion-mnist"))
                .isEqualTo(1);
        assertThat(run("evaluate", noModel.toString(), "--dataset", "bundled:fashion-mnist"))
                .isEqualTo(1);
        assertThat(run(
                        "export",
                        noModel.toString(),
                        "--out",
                        folder.resolve("x").toString()))
                .isEqualTo(1);
        assertThat(run("quantize", noModel.toString(), "--calibrate", "bundled:fashion-mnist", "--out", "x.onnx"))
                .isEqualTo(1);
        assertThat(err.toString().strip().lines())
                .hasSize(4)
                .allMatch(line -> line.contains(".onnx:") || line.contains("model:"));
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void trainsByTheStandardRecipeUnlessToldOtherwise() {
        TrainCommand train = new TrainCommand();
        new CommandLine(train).parseArgs("--dataset", "fashion-mnist", "--out", "run");
        assertThat(train.recipe()).isEqualTo(Recipe.STANDARD);

        new CommandLine(train)
                .parseArgs("--dataset", "fashion-mnist", "--out", "run", "--flip", "NEVER", "--epochs", "2");
        assertThat(train.recipe().epochs()).isEqualTo(2);
        assertThat(train.recipe().augmentation().flip()).isEqualTo(Augmentation.Flip.NEVER);
    }

    @Test
    void listsArchitecturesWithTheirCost() throws Exception {
        assertThat(run("architectures", "--size", "224", "--classes", "1000", "--json"))
                .isZero();
        JsonNode answer = new ObjectMapper().readTree(out.toString());
        assertThat(answer.path("architectures").findValuesAsText("name"))
                .contains("vggres", "efficientnet-lite0", "resnet50");

        assertThat(run("architectures")).isZero();
        assertThat(out.toString()).containsPattern("resnet18 +11.23 +37.1");
    }

    @Test
    void saysWhetherAPretrainedClassifierIsTaken() throws Exception {
        Path weights = folder.resolve("model.safetensors");
        Samples.randomNet(2).save(weights);
        TrainCommand train = new TrainCommand();
        new CommandLine(train)
                .parseArgs("--dataset", "fashion-mnist", "--out", "x", "--lr", "0.2", "--init", weights.toString());

        FineTuning same = train.fineTuning(
                Architecture.RESNET_MICRO.network(new ImageShape(28, 28, 1), 10), new PrintWriter(out, true));
        FineTuning other = train.fineTuning(
                Architecture.RESNET_MICRO.network(new ImageShape(28, 28, 1), 4), new PrintWriter(out, true));

        assertThat(out.toString().lines().toList())
                .containsExactly(
                        weights + ": all weights taken",
                        weights + ": all weights taken but the classifier, which is for 10 classes; here there are 4");
        assertThat(same).isNotNull();
        assertThat(other).isNotNull().satisfies(tuning -> {
            assertThat(tuning.frozenEpochs()).isEqualTo(1);
            assertThat(tuning.unfrozenRate()).isEqualTo(0.2 * 0.1);
        });
    }

    @Test
    void freezingWithoutWeightsIsWrongUsage() {
        TrainCommand train = new TrainCommand();
        new CommandLine(train).parseArgs("--dataset", "fashion-mnist", "--out", "x", "--freeze", "2");

        assertThatThrownBy(() -> train.fineTuning(
                        Architecture.RESNET_MICRO.network(new ImageShape(28, 28, 1), 10), new PrintWriter(out)))
                .isInstanceOf(CommandLine.ParameterException.class)
                .hasMessageContaining("--init");
    }

    @Test
    void wrongUsageIsExitCode2() {
        assertThat(run("evaluate", "x.onnx", "--dataset", "imagenet")).isEqualTo(2);
        assertThat(run("evaluate", "x.onnx", "--dataset", "fashion-mnist", "--split", "all"))
                .isEqualTo(2);
        assertThat(run("train")).isEqualTo(2);
    }

    @Test
    void listingWithoutABrokerFailsSoonWithItsAddress() {
        long started = System.nanoTime();

        int exit = run("models", "list", "--bootstrap", "127.0.0.1:1");

        assertThat(exit).isEqualTo(1);
        assertThat(err.toString()).contains("127.0.0.1:1");
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    void keygenMakesAPairOnce() {
        String stem = folder.resolve("key").toString();

        assertThat(run("models", "keygen", stem)).isZero();
        assertThat(out.toString()).contains("key id");
        assertThat(run("models", "keygen", stem)).isEqualTo(1);
        assertThat(folder.resolve("key.key")).exists();
        assertThat(folder.resolve("key.pub")).exists();
    }

    private int run(String... arguments) {
        return commandLine().execute(arguments);
    }

    private CommandLine commandLine() {
        return TrainerMain.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    }
}
