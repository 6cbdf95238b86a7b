package dev.millrace.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.evaluate.Metrics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GateFileTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void readsEveryKeyAndFindsGoldenVectorsBesideIt() throws Exception {
        GateFile file = read("""
                minimum:
                  top1: 0.93
                  top5: 0.99
                  weighted_fbeta: 0.92
                  recall:
                    Shirt: 0.75
                metrics:
                  beta: 2
                  weights:
                    Shirt: 3
                max_drop:
                  fp32: 1
                  champion: 0.5
                max_p99_ms: 20
                max_bytes: 600000
                golden:
                  file: golden.json
                  tolerance: 0.01
                child:
                  memory_mib: 1024
                  seconds: 30
                """);

        assertThat(file)
                .isEqualTo(new GateFile(
                        new GateFile.Minimum(0.93, 0.99, 0.92, Map.of("Shirt", 0.75)),
                        new Metrics(2, Map.of("Shirt", 3.0)),
                        new GateFile.MaxDrop(1.0, 0.5),
                        20,
                        600_000L,
                        new GateFile.Golden(folder.resolve("golden.json"), 0.01),
                        new GateFile.Child(1_024, 30)));
        assertThat(file.withoutChampion().maxDrop()).isEqualTo(new GateFile.MaxDrop(1.0, null));
    }

    @Test
    void whatIsLeftOutIsNotAskedButLatencyMemoryAndTimeAreBounded() throws Exception {
        GateFile file = read("minimum: {top1: 0.5}");

        assertThat(file.maxP99Ms()).isEqualTo(50);
        assertThat(file.child()).isEqualTo(new GateFile.Child(2_048, 120));
        assertThat(file.maxBytes()).isNull();
        assertThat(read("child: {seconds: 5}").child()).isEqualTo(new GateFile.Child(2_048, 5));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "minimum: {top6: 1}            | minimum.top6: unknown (expected: recall, top1, top5, weighted_fbeta)",
                "minimum: {top1: 93}           | minimum.top1: 93.0 (expected: 0 to 1)",
                "minimum: {recall: {Shirt: }}  | minimum.recall.Shirt: absent (expected: 0 to 1)",
                "max_drop: {fp32: -1}          | max_drop.fp32: -1.0 (expected: 0 to 100 points)",
                "max_p99_ms: 0                 | max_p99_ms: 0.0 (expected: a number above 0)",
                "max_bytes: many               | max_bytes: many (expected: a whole number)",
                "golden: {file: a.json}        | golden.tolerance: absent (expected: golden has file and tolerance)",
                "child: {memory_mib: -5}       | child.memory_mib: -5.0 (expected: a number above 0)",
                "metrics: {beta: -1}           | metrics.beta: -1.0 (expected: a number above 0)",
            })
    void saysWhatIsWrongWithAFile(String text, String message) {
        assertThatThrownBy(() -> read(text)).hasMessageContaining("gate.yaml: ").hasMessageContaining(message);
    }

    @Test
    void refusesARecallOfAClassThatIsNotThere() throws Exception {
        GateFile file = read("minimum: {recall: {Shrit: 0.5}}");
        assertThatThrownBy(() -> file.requireClasses(List.of("Shirt")))
                .hasMessage("minimum.recall.Shrit: no such class (expected: one of [Shirt])");
    }

    private GateFile read(String text) throws Exception {
        return GateFile.read(Files.writeString(folder.resolve("gate.yaml"), text));
    }
}
