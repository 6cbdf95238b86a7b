package dev.millrace.trainer.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainedWeightsTest {
    private static final ImageShape SHAPE = new ImageShape(32, 32, 3);
    private static final Network LITE0 = Architecture.EFFICIENTNET_LITE0.network(SHAPE, 10);
    private static final Map<String, FloatTensor> WEIGHTS = InitialWeights.of(LITE0, 1);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void knowsTheNamesThatPytorchUsersHave() {
        assertThat(Naming.TORCHVISION
                        .of(Architecture.RESNET50.network(SHAPE, 10))
                        .values())
                .contains(
                        "conv1.weight",
                        "bn1.running_var",
                        "layer1.0.conv1.weight",
                        "layer3.5.bn3.bias",
                        "layer4.0.downsample.0.weight",
                        "layer4.0.downsample.1.running_mean",
                        "fc.bias");
        assertThat(Naming.TIMM.of(LITE0).values())
                .contains(
                        "conv_stem.weight",
                        "bn1.weight",
                        "blocks.0.0.conv_dw.weight",
                        "blocks.0.0.conv_pw.weight",
                        "blocks.0.0.bn2.bias",
                        "blocks.1.0.conv_pw.weight",
                        "blocks.5.3.conv_dw.weight",
                        "blocks.6.0.conv_pwl.weight",
                        "blocks.6.0.bn3.running_var",
                        "conv_head.weight",
                        "bn2.weight",
                        "classifier.weight");
        assertThat(Naming.EFFICIENTNET_LITE_PYTORCH.of(LITE0).values())
                .contains(
                        "_conv_stem.weight",
                        "_blocks.0._depthwise_conv.weight",
                        "_blocks.15._expand_conv.weight",
                        "_blocks.15._bn2.bias",
                        "_conv_head.weight",
                        "_bn1.weight",
                        "_fc.weight");
    }

    @Test
    void takesAllWeightsByWhicheverNames() throws IOException {
        for (Naming naming : new Naming[] {Naming.MILLRACE, Naming.TIMM, Naming.EFFICIENTNET_LITE_PYTORCH}) {
            Path file = write(LITE0, naming, tensors -> {});

            PretrainedWeights pretrained = PretrainedWeights.read(file, LITE0);

            assertThat(pretrained.weights()).isEqualTo(WEIGHTS);
            assertThat(pretrained.hasClassifier(LITE0)).isTrue();
            assertThat(pretrained.normalization()).isEmpty();
        }
    }

    @Test
    void leavesOutAClassifierOfOtherClasses() throws IOException {
        Network other = Architecture.EFFICIENTNET_LITE0.network(SHAPE, 7);
        Path file = write(LITE0, Naming.TIMM, tensors -> {});

        PretrainedWeights pretrained = PretrainedWeights.read(file, other);

        assertThat(pretrained.hasClassifier(other)).isFalse();
        assertThat(pretrained.classes()).isEqualTo(10);
        assertThat(pretrained.weights())
                .hasSize(LITE0.weights().size() - 2)
                .doesNotContainKeys("logits.weight", "logits.bias");
    }

    @Test
    void takesOurOwnModelWithItsNormalization() throws IOException {
        Path file = folder.resolve("model.safetensors");
        TrainedNet trained = Samples.randomNet(1);
        trained.save(file);

        PretrainedWeights pretrained = PretrainedWeights.read(file, trained.network());

        assertThat(pretrained.weights()).isEqualTo(trained.weights());
        assertThat(pretrained.normalization()).contains(trained.normalization());
        assertThat(pretrained.sha256()).matches("[0-9a-f]{64}");
    }

    @Test
    void countersOfBatchNormsAreNoWeights() throws IOException {
        Path file = folder.resolve("counted.safetensors");
        Files.write(
                file,
                TensorFileTest.bytes("{'a.num_batches_tracked':{'dtype':'I64','shape':[],'data_offsets':[0,8]}}", 8));

        assertThat(TensorFile.read(file, name -> !name.endsWith("tracked")).tensors())
                .isEmpty();
    }

    @Test
    void namesTheTensorThatIsMissing() throws IOException {
        Path file = write(LITE0, Naming.TIMM, tensors -> tensors.remove("blocks.3.1.bn2.bias"));

        assertRefused(file, LITE0, "tensor blocks.3.1.bn2.bias: missing (expected: all weights of efficientnet-lite0)");
    }

    @Test
    void namesTheTensorOfAnotherShape() throws IOException {
        Path file = write(
                LITE0, Naming.TIMM, tensors -> tensors.put("blocks.0.0.bn1.bias", FloatTensor.vector(new float[31])));

        assertRefused(file, LITE0, "tensor blocks.0.0.bn1.bias: shape [31] (expected: [32] in efficientnet-lite0)");
    }

    @Test
    void refusesAClassifierOfOtherFeatures() throws IOException {
        Path file = write(LITE0, Naming.TIMM, tensors -> {
            tensors.put("classifier.weight", new FloatTensor(new long[] {5, 3}, new float[15]));
            tensors.put("classifier.bias", FloatTensor.vector(new float[5]));
        });

        assertRefused(
                file, LITE0, "tensor classifier.weight: shape [5, 3] (expected: [5, 1280] in efficientnet-lite0)");
    }

    @Test
    void refusesWeightsOfAnotherArchitecture() throws IOException {
        Network micro = Architecture.RESNET_MICRO.network(SHAPE, 10);
        Path own = folder.resolve("model.safetensors");
        Samples.randomNet(1).save(own);
        Path larger = write(Architecture.EFFICIENTNET_LITE1.network(SHAPE, 10), Naming.TIMM, tensors -> {});
        Path foreign = folder.resolve("foreign.safetensors");
        new TensorFile(Map.of(), Map.of("patch_embed.weight", FloatTensor.vector(1))).write(foreign);

        assertRefused(own, LITE0, "weights of resnet-micro (expected: of efficientnet-lite0)");
        assertRefused(larger, LITE0, "unknown (expected: only the weights of efficientnet-lite0)");
        assertRefused(
                foreign,
                micro,
                "tensors: patch_embed.weight, ... (expected: those of resnet-micro, by the names of one of [millrace])");
        assertRefused(
                write(LITE0, Naming.TIMM, tensors -> {}),
                Architecture.RESNET18.network(SHAPE, 10),
                "tensor conv1.weight: missing (expected: all weights of resnet18)");
        assertRefused(
                write(LITE0, Naming.EFFICIENTNET_LITE_PYTORCH, tensors -> {}),
                Architecture.RESNET18.network(SHAPE, 10),
                "(expected: those of resnet18, by the names of one of [millrace, torchvision])");
    }

    @Test
    void refusesWhatIsNoSafetensorsFile() throws IOException {
        assertRefused(Files.writeString(folder.resolve("text"), "no weights"), LITE0, "safetensors");
        assertRefused(Files.write(folder.resolve("noJson"), TensorFileTest.bytes("{{", 0)), LITE0, "no JSON");
        assertRefused(Files.write(folder.resolve("array"), TensorFileTest.bytes("[]", 0)), LITE0, "no JSON object");
        assertThatThrownBy(() -> PretrainedWeights.read(folder.resolve("absent"), LITE0))
                .isInstanceOf(IOException.class);
    }

    /** The checkpoints and results of earlier versions depend on them. */
    @Test
    void initialWeightsOfASeedNeverChange() {
        CRC32 crc = new CRC32();
        InitialWeights.of(Architecture.RESNET_MICRO.network(SHAPE, 100), 1).entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(weight -> {
                    for (float value : weight.getValue().values()) {
                        int bits = Float.floatToIntBits(value);
                        crc.update(
                                new byte[] {(byte) (bits >> 24), (byte) (bits >> 16), (byte) (bits >> 8), (byte) bits});
                    }
                });

        assertThat(Long.toHexString(crc.getValue())).isEqualTo("994bed40");
    }

    private void assertRefused(Path file, Network network, String reason) {
        assertThatThrownBy(() -> PretrainedWeights.read(file, network))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(reason);
    }

    private Path write(Network network, Naming naming, Consumer<Map<String, FloatTensor>> change) throws IOException {
        Map<String, FloatTensor> tensors = new LinkedHashMap<>();
        Map<String, String> names = naming.of(network);
        Map<String, FloatTensor> weights = network.equals(LITE0) ? WEIGHTS : InitialWeights.of(network, 1);
        weights.forEach((name, tensor) -> tensors.put(names.getOrDefault(name, name), tensor));
        change.accept(tensors);
        Path file = folder.resolve(naming + ".safetensors");
        new TensorFile(Map.of(), tensors).write(file);
        return file;
    }
}
