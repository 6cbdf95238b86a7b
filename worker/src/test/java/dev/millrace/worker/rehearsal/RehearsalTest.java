package dev.millrace.worker.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.millrace.worker.model.HostileModels;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.TinyModels;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Each in a real process. */
class RehearsalTest {
    private static final int CLASSES = 4;
    private static final byte[] ONNX = TinyModels.classifier(4, 4, 1, CLASSES, 0);
    private static final Expectation NOTHING = new Expectation(List.of(), 0);

    @TempDir
    private Path folders = Path.of("");

    @AfterEach
    void noProcessAndNoFolderIsLeft() {
        assertThat(children()).isEmpty();
        assertThat(folders).isEmptyDirectory();
    }

    private Rehearsal within(double seconds) {
        return new Rehearsal(new ProcessLimits(2_048, seconds), folders);
    }

    @Test
    void answersWhatTheModelAnswers() throws Exception {
        byte[] image = TinyModels.image(4, 4, 1, CLASSES, 0, 2);
        List<Float> logits = floats(TinyModels.logits(4, 4, 1, CLASSES, 0, image));

        Performance performance = within(60).run(ONNX, spec(), new Expectation(List.of(golden(image, logits)), 10_000));

        assertThat(performance.logits()).hasSize(1);
        for (int label = 0; label < CLASSES; label++) {
            assertThat(Math.abs(performance.logits().get(0).get(label) - logits.get(label)))
                    .isLessThan(0.001f);
        }
        assertThat(performance.medianMs()).isBetween(0.0001, 1_000.0);
        assertThat(performance.processorSeconds()).isBetween(0.01, 60.0);
    }

    @Test
    void refusesAModelThatAnswersSomethingElseThanWhereItWasPublished() {
        byte[] image = TinyModels.image(4, 4, 1, CLASSES, 0, 2);
        List<Float> logits = floats(TinyModels.logits(4, 4, 1, CLASSES, 1, image));

        assertThatThrownBy(() -> within(60).run(ONNX, spec(), new Expectation(List.of(golden(image, logits)), 0)))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageStartingWith("golden vector 0, logit 2: 8.0")
                .hasMessageEndingWith("(expected: 0.0, at most 0.001 off)");
    }

    @Test
    void refusesGoldenVectorsOfAnotherMeasureBeforeAnythingRuns() {
        GoldenVector vector = golden(new byte[15], List.of(1f, 2f, 3f, 4f));

        assertThatThrownBy(() -> within(60).run(ONNX, spec(), new Expectation(List.of(vector), 0)))
                .hasMessage("golden vector 0: 15 bytes, 4 logits (expected: 16 and 4)");
    }

    @Test
    void refusesAModelThatIsTooSlowWithItsFigure() throws Exception {
        byte[] slow = HostileModels.rounds(20_000, ONNX);

        assertThatThrownBy(() -> within(60).run(slow, spec(slow), new Expectation(List.of(), 0.5)))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageMatching(
                        "latency: \\d+\\.\\d{3} ms for one image \\(expected: at most 0\\.5 ms, as its manifest says\\)");
    }

    @Test
    void refusesNumbersThatAreNone() throws Exception {
        byte[] nan = TinyModels.Recipe.of(4, 4, 1, CLASSES).withBias(Float.NaN).build();

        assertThatThrownBy(() -> within(60).run(nan, spec(nan), NOTHING))
                .hasMessageContaining("NaN (expected: a finite number)");
    }

    @Test
    void stopsAModelThatGoesRoundForEver() throws Exception {
        byte[] endless = HostileModels.endless(ONNX);

        assertThatThrownBy(() -> within(3).run(endless, spec(endless), NOTHING))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageEndingWith("stopped: no end after 3.0 s");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void refusesAModelThatAsksForFourGigabytes() throws Exception {
        byte[] hungry = HostileModels.hungry(ONNX);

        assertThatThrownBy(() -> within(60).run(hungry, spec(hungry), NOTHING))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageContaining("llocat");
    }

    @Test
    void refusesWhatOnnxRuntimeDoesNotKnowOrMayNotRead(@TempDir Path dir) throws Exception {
        Path weights = Files.write(dir.resolve("weights"), new byte[4 * 16 * CLASSES]);
        byte[] custom = HostileModels.ofACustomDomain(ONNX);
        byte[] elsewhere = HostileModels.withWeightsIn(weights.toString(), ONNX);
        byte[] truncated = Arrays.copyOf(ONNX, ONNX.length / 2);

        assertThatThrownBy(() -> within(60).run(custom, spec(), NOTHING)).hasMessageContaining("com.example");
        assertThatThrownBy(() -> within(60).run(elsewhere, spec(), NOTHING)).hasMessageContaining("xternal");
        assertThatThrownBy(() -> within(60).run(truncated, spec(), NOTHING)).isInstanceOf(ModelRefusedException.class);
        assertThatThrownBy(() -> within(60).run("no model".getBytes(StandardCharsets.UTF_8), spec(), NOTHING))
                .isInstanceOf(ModelRefusedException.class);
    }

    @Test
    void blamesNoModelWhereThereIsNoFolderToWorkIn(@TempDir Path dir) {
        Rehearsal nowhere = new Rehearsal(new ProcessLimits(2_048, 60), dir.resolve("none"));

        assertThatThrownBy(() -> nowhere.run(ONNX, spec(), NOTHING))
                .isInstanceOf(RehearsalUnavailableException.class)
                .hasMessageStartingWith("rehearsal: not held, ");
    }

    @Test
    void blamesNoModelForWhatTheProcessCannotReadOrWrite(@TempDir Path dir) throws Exception {
        BoundedProcess.Ended ended =
                new BoundedProcess(dir, new ProcessLimits(2_048, 60), 64, RehearsalMain.class).run();

        assertThatThrownBy(() -> Rehearsal.performance(spec(), ended, dir))
                .isInstanceOf(RehearsalUnavailableException.class)
                .hasMessageContaining("request.json");
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void saysThatTheProcessCrashed() throws Exception {
        CompletableFuture<Performance> running = endlessly();
        ProcessHandle child = awaitChild();
        new ProcessBuilder("kill", "-SEGV", String.valueOf(child.pid())).start().waitFor();

        assertThatThrownBy(running::join)
                .hasCauseInstanceOf(ModelRefusedException.class)
                .hasMessageContaining("crashed: exit code 1: # A fatal error has been detected by the Java Runtime");
    }

    @Test
    void endsTheProcessWhenWhoeverWaitsForItIsInterrupted() throws Exception {
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        byte[] endless = HostileModels.endless(ONNX);
        ModelSpec spec = spec(endless);
        Thread waiting = new Thread(() -> {
            Throwable thrown = catchThrowable(() -> within(60).run(endless, spec, NOTHING));
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
            ended.complete(thrown);
        });
        waiting.start();
        awaitChild();
        waiting.interrupt();

        assertThat(ended.get(30, TimeUnit.SECONDS)).isInstanceOf(RehearsalStoppedException.class);
    }

    @Test
    void aProcessWhoseParentIsGoneDeletesItsFolderAndEnds(@TempDir Path dir) throws Exception {
        Path folder = Files.createDirectory(dir.resolve("folder"));
        byte[] endless = HostileModels.endless(ONNX);
        new RehearsalRequest(spec(endless), 1, false).write(folder, endless, List.of(ByteBuffer.allocate(16)));
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx96m",
                        "-Djava.io.tmpdir=" + folder,
                        "-cp",
                        System.getProperty("java.class.path"),
                        RehearsalMain.class.getName())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        // Its end of the pipe closes as it would if this process were killed.
        child.getOutputStream().close();

        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).isEqualTo(1);
        assertThat(folder).doesNotExist();
    }

    @Test
    void theProcessIsToldNothingOfTheEnvironmentButWhatItNeeds(@TempDir Path dir) throws Exception {
        BoundedProcess.Ended ended =
                new BoundedProcess(dir, new ProcessLimits(2_048, 60), 64, SaysItsEnvironment.class).run();

        assertThat(ended.failure()).isNull();
        List<String> names = Files.readAllLines(dir.resolve("environment"));
        assertThat(System.getenv()).as("the test's own").isNotEmpty();
        assertThat(names).contains("PATH").doesNotContain("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS");
        assertThat(names)
                .allMatch(name -> List.of("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PWD", "_", "OLDPWD")
                                .contains(name)
                        || name.startsWith("ORT_"));
    }

    /** For the test above. */
    static final class SaysItsEnvironment {
        public static void main(String[] arguments) throws Exception {
            Files.write(Path.of("environment"), new ArrayList<>(System.getenv().keySet()));
        }
    }

    private CompletableFuture<Performance> endlessly() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                byte[] endless = HostileModels.endless(ONNX);
                return within(60).run(endless, spec(endless), NOTHING);
            } catch (Exception e) {
                throw new CompletionException(e);
            }
        });
    }

    private static ProcessHandle awaitChild() {
        return await().atMost(Duration.ofSeconds(30))
                .until(RehearsalTest::children, found -> found.size() == 1)
                .get(0);
    }

    private static List<ProcessHandle> children() {
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info().command().orElse("").endsWith("java"))
                .toList();
    }

    private static ModelSpec spec() throws ModelRefusedException {
        return ModelSpec.describe(ONNX);
    }

    private static ModelSpec spec(byte[] onnx) throws ModelRefusedException {
        return ModelSpec.describe(onnx, Map.of());
    }

    private static GoldenVector golden(byte[] image, List<Float> logits) {
        return new GoldenVector(ByteBuffer.wrap(image), logits, 0.001f);
    }

    private static List<Float> floats(float[] values) {
        List<Float> floats = new ArrayList<>();
        for (float value : values) {
            floats.add(value);
        }
        return floats;
    }
}
