package dev.millrace.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.worker.model.TinyModels;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import javax.imageio.ImageIO;
import net.openhft.affinity.Affinity;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class InferCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @SuppressWarnings("NullAway.Init")
    private String model;

    @BeforeEach
    void writeModel() throws IOException {
        model = Files.write(folder.resolve("tiny.onnx"), TinyModels.classifier(4, 4, 1, 4))
                .toString();
    }

    @Test
    void printsLabelScoreAndTimesOfEachImage() throws Exception {
        int exit = run(model, "--top", "2", image("zero.png", 0), image("three.png", 3));
        assertThat(exit).isZero();
        assertThat(err.toString()).isEmpty();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.get(0)).startsWith("model tiny v0 (fp32, ").endsWith(" on cpu:none, 4x4 grey");
        assertThat(lines.get(2)).matches(".*zero\\.png +label 0 +0\\.99\\d\\d +[\\d.]+ ms +[\\d.]+ ms");
        assertThat(lines.get(4)).matches(".*three\\.png +label 3 +0\\.99\\d\\d +[\\d.]+ ms +[\\d.]+ ms");
        assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    }

    @Test
    void printsWhatADetectorFoundAndDrawsIt() throws Exception {
        String detector = Files.write(folder.resolve("detector.onnx"), TinyModels.detector(3))
                .toString();
        String two = quarters("two.png", 200, 0, 0, 255);
        String none = quarters("none.png", 0, 0, 0, 0);
        Path drawn = folder.resolve("drawn");

        int exit = run(detector, "--top", "9", "--draw", drawn.toString(), two, none);

        assertThat(err.toString()).isEmpty();
        assertThat(exit).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines.get(1)).matches("IMAGE +FOUND +DECODE +INFER");
        assertThat(lines.get(2)).matches(".*two\\.png +thing 0 2 +[\\d.]+ ms +[\\d.]+ ms");
        assertThat(lines.get(3)).matches(" +thing 0 +1\\.0000  9,9 6x6");
        assertThat(lines.get(4)).matches(" +thing 0 +0\\.7843  1,1 6x6");
        assertThat(lines.get(5)).matches(".*none\\.png +nothing +[\\d.]+ ms +[\\d.]+ ms");
        assertThat(lines).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
        BufferedImage picture = ImageIO.read(drawn.resolve("two.png").toFile());
        // A small picture is enlarged; the frame of the box at 9,9 is no grey.
        int factor = picture.getWidth() / 16;
        assertThat(factor).isGreaterThan(1);
        int rgb = picture.getRGB(12 * factor, 9 * factor);
        assertThat((rgb >> 16) & 0xFF).isNotEqualTo(rgb & 0xFF);
        assertThat(drawn.resolve("none.png")).exists();
    }

    @Test
    void printsBoxesAndCountsAsJson() throws Exception {
        String detector = Files.write(folder.resolve("detector.onnx"), TinyModels.detector(3))
                .toString();

        int exit = run(detector, "--json", "--property", "head.threshold=0.9", quarters("two.png", 200, 0, 0, 255));

        JsonNode image = new JsonMapper().readTree(out.toString()).at("/images/0");
        assertThat(exit).isZero();
        assertThat(image.at("/boxes")).hasSize(1);
        assertThat(image.at("/boxes/0/label").asText()).isEqualTo("thing 0");
        assertThat(image.at("/boxes/0/x").asDouble()).isEqualTo(9);
        assertThat(image.at("/counts/thing 0").asInt()).isEqualTo(1);
        assertThat(image.at("/width").asInt()).isEqualTo(16);
    }

    @Test
    void drawsNothingForAClassifier() throws Exception {
        int exit = run(model, "--draw", folder.resolve("x.png").toString(), image("zero.png", 0));
        assertThat(exit).isEqualTo(1);
        assertThat(err.toString()).contains("is for classification (expected: a detector or segmenter)");
    }

    @Test
    void refusesPropertiesThatNobodyReads() throws Exception {
        int exit = run(model, "--property", "threshold=1", image("zero.png", 0));
        assertThat(exit).isEqualTo(2);
        assertThat(err.toString()).contains("property: threshold (expected: one of ");
    }

    @Test
    void printsOneJsonObjectAndNothingElse() throws Exception {
        String missing = folder.resolve("missing.png").toString();
        int exit = run("--json", model, image("two.png", 2), missing);
        JsonNode json = new JsonMapper().readTree(out.toString());
        assertThat(exit).isEqualTo(1);
        assertThat(err.toString()).isEmpty();
        assertThat(json.at("/model/name").asText()).isEqualTo("tiny");
        assertThat(json.at("/model/device").asText()).isEqualTo("cpu:none");
        assertThat(json.at("/model/sha256").asText()).hasSize(64);
        assertThat(json.at("/images/0/labels/0/index").asInt()).isEqualTo(2);
        assertThat(json.at("/images/0/labels/0/score").asDouble()).isGreaterThan(0.9);
        assertThat(json.at("/images/0/infer_ms").asDouble()).isPositive();
        assertThat(json.at("/images/1/image").asText()).isEqualTo(missing);
        assertThat(json.at("/images/1/error").asText()).isEqualTo("UNREADABLE");
        assertThat(json.at("/images/1/message").asText()).isEqualTo("no such file");
    }

    @Test
    void classifiesTheOthersWhereAnImageCannotBeUsed() throws Exception {
        String text =
                Files.writeString(folder.resolve("text.png"), "not an image").toString();
        byte[] whole = Files.readAllBytes(Path.of(image("whole.png", 0)));
        String cut = Files.write(folder.resolve("cut.png"), Arrays.copyOf(whole, whole.length - 5))
                .toString();
        int exit = run(model, text, cut, folder.toString(), image("one.png", 1));
        assertThat(exit).isEqualTo(1);
        assertThat(err.toString())
                .contains(text + ": UNKNOWN_ENCODING: file: neither PNG nor JPEG (expected: PNG or JPEG)")
                .contains(cut + ": CORRUPT_IMAGE: ")
                .contains(folder + ": UNREADABLE: is a folder (expected: a file)");
        assertThat(out.toString()).contains("label 1");
    }

    @Test
    void saysWhyAModelCannotBeUsed() throws Exception {
        String image = image("zero.png", 0);
        assertThat(run(folder.resolve("none.onnx").toString(), image)).isEqualTo(1);
        assertThat(err.toString()).contains("none.onnx: no such file");
        assertThat(run(image, image)).isEqualTo(1);
        assertThat(err.toString()).contains("(expected: ONNX that ONNX Runtime can load)");
        assertThat(run(model, "--device", "cuda:9999", image)).isEqualTo(1);
        assertThat(err.toString()).contains("device: cuda:9999 (expected: usable, since it is required)");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void pinsTheThreadToTheCpuItIsGivenAndReleasesIt() throws Exception {
        BitSet allowed = Affinity.getAffinity();
        assumeThat(allowed.cardinality()).as("CPUs to pin to").isPositive();
        String cpu = "cpu:" + allowed.nextSetBit(0);
        assertThat(run(model, "--device", cpu, image("zero.png", 0))).isZero();
        assertThat(out.toString()).contains(" on " + cpu + ", ");
        assertThat(Affinity.getAffinity()).isEqualTo(allowed);
        assertThat(run(model, "--device", "cpu:99999", image("zero.png", 0))).isEqualTo(2);
        assertThat(err.toString()).contains("device: cpu:99999 (expected: ");
    }

    @Test
    void exitsWithTwoOnWrongUsage() throws Exception {
        assertThat(run()).isEqualTo(2);
        assertThat(run(model)).isEqualTo(2);
        assertThat(run(model, "--top", "0", image("zero.png", 0))).isEqualTo(2);
        assertThat(run(model, "--device", "gpu", image("zero.png", 0))).isEqualTo(2);
        assertThat(err.toString()).contains("device: gpu (expected: cpu:N, cpu:none or cuda:N)");
    }

    @Test
    void showsHelpWithExamplesWithinEightyColumns() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("Examples:").contains("infer bundled:fashion-mnist boot.png");
        assertThat(out.toString().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    }

    private int run(String... args) {
        return new CommandLine(new InferCommand())
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }

    private String quarters(String name, int... brightness) throws IOException {
        int side = TinyModels.DETECTOR_SIZE;
        BufferedImage picture = new BufferedImage(side, side, BufferedImage.TYPE_BYTE_GRAY);
        picture.getRaster().setDataElements(0, 0, side, side, TinyModels.quarters(brightness));
        Path file = folder.resolve(name);
        ImageIO.write(picture, "png", file.toFile());
        return file.toString();
    }

    private String image(String name, int label) throws IOException {
        byte[] pixels = TinyModels.image(4, 4, 1, 4, 0, label);
        BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
        for (int i = 0; i < pixels.length; i++) {
            image.getRaster().setSample(i % 4, i / 4, 0, pixels[i] & 0xFF);
        }
        Path file = folder.resolve(name);
        ImageIO.write(image, "png", file.toFile());
        return file.toString();
    }
}
