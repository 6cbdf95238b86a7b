package dev.millrace.trainer.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsTest {
    private static final List<ClassReport> CLASSES = List.of(
            new ClassReport("cat", 30, 0, 0, 0.9),
            new ClassReport("dog", 10, 0, 0, 0.5),
            new ClassReport("eel", 0, 0, 0, 0));

    @TempDir
    private Path folder = Path.of("");

    @Test
    void fBetaIsTheHarmonicMeanInWhichRecallCountsBetaTimes() {
        double precision = 6 / 8.0;
        double recall = 6 / 10.0;
        for (double beta : List.of(0.5, 1.0, 2.0)) {
            double square = beta * beta;
            assertThat(FBeta.of(beta, 6, 4, 2))
                    .isEqualTo((1 + square) * precision * recall / (square * precision + recall), within(1e-12));
        }
        assertThat(FBeta.of(2, 0, 0, 0)).isZero();
    }

    @Test
    void weighsByImagesUnlessWeightsAreGivenAndLeavesClassesWithoutImagesOut() {
        FBeta byImages = FBeta.of(CLASSES, Metrics.DEFAULT);
        assertThat(byImages.macro()).isEqualTo(0.7, within(1e-12));
        assertThat(byImages.weighted()).isEqualTo(0.8, within(1e-12));

        FBeta byWeights = FBeta.of(CLASSES, new Metrics(1, Map.of("dog", 3.0, "eel", 9.0)));
        assertThat(byWeights.weighted()).isEqualTo((0.9 + 3 * 0.5) / 4, within(1e-12));

        assertThatThrownBy(() -> FBeta.of(CLASSES, new Metrics(1, Map.of("cat", 0.0, "dog", 0.0, "eel", 1.0))))
                .hasMessage("weights: 0 for every class that is there (expected: more than 0 for one of them)");
    }

    @Test
    void readsAFile() throws Exception {
        assertThat(read("beta: 2\nweights:\n  dog: 3\n")).isEqualTo(new Metrics(2, Map.of("dog", 3.0)));
        assertThat(read("weights: {dog: 3}")).isEqualTo(new Metrics(1, Map.of("dog", 3.0)));
        assertThatThrownBy(() -> Metrics.read(folder.resolve("absent.yaml"))).hasMessageContaining("no such file");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "beta: 0              | beta: 0.0 (expected: a number above 0)",
                "beta: two            | beta: two (expected: a number)",
                "bta: 1               | bta: unknown (expected: beta, weights)",
                "weights: {dog: -1}   | weights.dog: -1.0 (expected: a number from 0)",
                "weights: {dog: }     | weights.dog: null (expected: a number from 0)",
                "weights: {dog: 0}    | weights: all 0 (expected: one above 0)",
                "weights: {}          | weights: none (expected: a weight for one class at least)",
                "weights: 3           | weights: 3 (expected: keys and values)",
                "{beta: 1, beta: 2}   | Duplicate field 'beta' (expected: YAML)",
                "just words           | no keys and values (expected: such as `key: value`)",
            })
    void saysWhatIsWrongWithAFile(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .hasMessageContaining("metrics.yaml: ")
                .hasMessageContaining(message);
    }

    @Test
    void refusesAWeightForAClassThatIsNotThere() {
        assertThatThrownBy(() -> new Metrics(1, Map.of("dgo", 1.0)).requireClasses(List.of("cat", "dog")))
                .hasMessage("weights.dgo: no such class (expected: one of [cat, dog])");
    }

    private Metrics read(String text) throws Exception {
        return Metrics.read(Files.writeString(folder.resolve("metrics.yaml"), text));
    }
}
