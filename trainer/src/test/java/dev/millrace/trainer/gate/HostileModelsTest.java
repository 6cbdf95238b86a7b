package dev.millrace.trainer.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.TinyGraphs;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.evaluate.Metrics;
import dev.millrace.trainer.onnx.PixelInput;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Models that mean harm, each in a real process. */
class HostileModelsTest {
    private static final PixelInput RAW = new PixelInput(List.of(0f), List.of(1f), null);

    @AfterEach
    void noProcessIsLeft() {
        assertThat(children()).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void refusesAModelThatAsksForFourGigabytes() throws Exception {
        GateReport report = judge(TinyGraphs.hungry(), GateFile.Child.DEFAULT);

        assertThat(report.passed()).isFalse();
        assertThat(check(report, "runs").reason()).contains("llocat");
        assertThat(check(report, "memory_mib").figure()).isLessThan(2_048);
        assertThat(check(report, "p99_ms"))
                .isEqualTo(Check.unmeasured(
                        "p99_ms", 50, Check.Unit.MILLISECONDS, "not measured: the candidate does not run"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void stopsAProcessWhoseResidentMemoryGrowsBeyondTheLimit() throws Exception {
        GateReport report = judge(TinyGraphs.linear(1), new GateFile.Child(60, 60));

        assertThat(check(report, "runs").reason()).isEqualTo("stopped: it took more than 60 MiB of memory");
        assertThat(check(report, "memory_mib").passed()).isFalse();
        assertThat(check(report, "memory_mib").figure()).isBetween(60.0, 300.0);
    }

    @Test
    void refusesAModelThatGoesRoundForEver() throws Exception {
        GateReport report = judge(TinyGraphs.endless(), new GateFile.Child(2_048, 2));

        assertThat(check(report, "runs").reason()).isEqualTo("stopped: no end after 2.0 s");
        assertThat(check(report, "seconds").passed()).isFalse();
        assertThat(check(report, "seconds").figure()).isBetween(2.0, 10.0);
    }

    @Test
    void refusesAModelThatAnswersNoNumbers() throws Exception {
        GateReport report = judge(TinyGraphs.notANumber(), GateFile.Child.DEFAULT);

        assertThat(check(report, "runs").reason()).contains("NaN").contains("expected: a finite number");
        assertThat(report.failed()).extracting(Check::name).containsExactly("runs", "p99_ms");
    }

    @Test
    void refusesWhatIsNoModel() throws Exception {
        GateReport report = judge("no model".getBytes(StandardCharsets.UTF_8), GateFile.Child.DEFAULT);

        assertThat(check(report, "runs").reason()).contains("expected: an ONNX model");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void refusesAModelThatEndsItsProcess() throws Exception {
        CompletableFuture<GateReport> judging = judging(TinyGraphs.endless());
        ProcessHandle child = await().atMost(Duration.ofSeconds(20))
                .until(HostileModelsTest::children, found -> found.size() == 1)
                .get(0);
        assertThat(signal("SEGV", child)).isTrue();

        assertThat(check(judging.join(), "runs").reason()).startsWith("crashed: exit code 1");
    }

    private static GateReport judge(byte[] onnx, GateFile.Child limits) throws Exception {
        Dataset data = Samples.dataset();
        GateFile file = new GateFile(
                GateFile.DEFAULT.minimum(), Metrics.DEFAULT, GateFile.DEFAULT.maxDrop(), 50, null, null, limits);
        return new Gate(file, data.test().first(20), data.classes(), RAW).judge(onnx, null, null);
    }

    private static CompletableFuture<GateReport> judging(byte[] onnx) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return judge(onnx, GateFile.Child.DEFAULT);
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
    }

    private static Check check(GateReport report, String name) {
        return report.checks().stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<ProcessHandle> children() {
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info().command().orElse("").endsWith("java"))
                .toList();
    }

    private static boolean signal(String name, ProcessHandle child) throws Exception {
        return new ProcessBuilder("kill", "-" + name, String.valueOf(child.pid()))
                        .start()
                        .waitFor()
                == 0;
    }
}
