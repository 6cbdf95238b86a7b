package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** In JVMs of their own: telemetry starts once per process, and only outside of what ONNX Runtime takes for a build. */
final class OnnxRuntimeTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path home;

    @Test
    void startsUnderALongCommandLineAndKeepsNoTelemetry() throws Exception {
        Process child = start("x".repeat(60_000));
        assertThat(child.exitValue()).as(Files.readString(home.resolve("log"))).isZero();
        assertThat(files()).noneMatch(file -> file.contains("Microsoft") || file.contains("onnxruntime.db"));
        assertThat(Path.of("/tmp", "mat-debug-" + child.pid() + ".log")).doesNotExist();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void leavesNothingInTheTempDirectory() throws Exception {
        assertThat(start("").exitValue())
                .as(Files.readString(home.resolve("log")))
                .isZero();
        try (Stream<Path> left = Files.list(home.resolve("tmp"))) {
            assertThat(left).isEmpty();
        }
    }

    private Process start(String filler) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-Dfiller=" + filler,
                "-Duser.home=" + home,
                "-Djava.io.tmpdir=" + Files.createDirectories(home.resolve("tmp")),
                "-cp",
                System.getProperty("java.class.path"),
                LoadsAModel.class.getName());
        builder.environment().keySet().retainAll(List.of("PATH", "LD_LIBRARY_PATH", "SystemRoot"));
        builder.environment().put("HOME", home.toString());
        builder.redirectErrorStream(true).redirectOutput(home.resolve("log").toFile());
        Process child = builder.start();
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).as("child ended").isTrue();
        return child;
    }

    private List<String> files() throws IOException {
        try (Stream<Path> all = Files.walk(home)) {
            return all.map(Path::toString).toList();
        }
    }

    /** The child's main class. */
    static final class LoadsAModel {
        public static void main(String[] args) throws Exception {
            byte[] onnx = TinyModels.classifier(2, 2, 1, 2);
            ModelSpec spec = ModelSpec.describe(onnx);
            try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 1)) {
                model.run(1);
            }
        }
    }
}
