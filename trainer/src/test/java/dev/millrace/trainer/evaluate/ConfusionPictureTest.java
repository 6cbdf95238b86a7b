package dev.millrace.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

class ConfusionPictureTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void showsEveryClassEveryCountAndTheMostConfusedPairsOfTenClasses() throws Exception {
        Evaluation evaluation = evaluation(10, 1);
        Path file = folder.resolve("new/confusion.svg");

        ConfusionPicture.write(evaluation, file);

        List<String> texts = texts(file);
        assertThat(texts).contains("model, int8: 1,000 images, top-1 70.00 %", "Most confused", "answer", "true class");
        for (int c = 0; c < 10; c++) {
            assertThat(texts)
                    .contains(
                            "class <" + c + ">",
                            String.valueOf(evaluation.confusion().count(c, c)));
        }
        ConfusedPair worst = evaluation.mostConfused().get(0);
        assertThat(texts)
                .anyMatch(text ->
                        text.startsWith(worst.truth() + " as " + worst.answer() + ": " + worst.images() + " ("));
        assertThat(folder.resolve("new")).isDirectoryContaining("glob:**/confusion.svg");
    }

    @Test
    void aHundredClassesAreDrawnLargeEnoughToBeRead() throws Exception {
        Path file = folder.resolve("confusion.png");

        ConfusionPicture.write(evaluation(100, 2), file);

        BufferedImage image = ImageIO.read(file.toFile());
        assertThat(image.getWidth()).isBetween(3_000, 5_000);
        assertThat(image.getHeight()).isBetween(3_000, 4_000);
        int colours = (int) IntStream.range(0, image.getWidth() * image.getHeight() / 11)
                .map(i -> 11 * i)
                .map(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()))
                .distinct()
                .count();
        assertThat(colours).isGreaterThan(50);
    }

    @Test
    void refusesANameOfAnotherKind() {
        assertThatThrownBy(() -> ConfusionPicture.requireKnownKind(Path.of("confusion.gif")))
                .hasMessage("confusion: confusion.gif (expected: a name that ends in .svg or .png)");
    }

    private static Evaluation evaluation(int classes, long seed) {
        System.out.println("seed of the confusion: " + seed);
        Random random = new Random(seed);
        List<String> labels =
                IntStream.range(0, classes).mapToObj(c -> "class <" + c + ">").toList();
        ConfusionMatrix confusion = new ConfusionMatrix(labels);
        for (int i = 0; i < 100 * classes; i++) {
            int truth = i % classes;
            confusion.add(truth, i % 10 < 7 ? truth : (truth + 1 + random.nextInt(4)) % classes);
        }
        List<ClassReport> reports = confusion.classes(1);
        return new Evaluation(
                "model",
                "int8",
                1,
                100 * classes,
                0.7,
                1,
                1,
                1,
                1,
                FBeta.of(reports, Metrics.DEFAULT),
                null,
                reports,
                confusion);
    }

    private static List<String> texts(Path svg) throws Exception {
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.toFile());
        NodeList nodes = document.getElementsByTagName("text");
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> nodes.item(i).getTextContent())
                .toList();
    }
}
