package dev.millrace.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.infra.CommandProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command that needs a broker, pointed at a port where nothing listens. They mostly wait: two at a time. */
@Execution(ExecutionMode.CONCURRENT)
class NoBrokerTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "topics",
                "worker --http-port 0",
                "produce bundled:fashion-mnist",
                "results",
                "dlq list",
                "models list"
            })
    void saysWithinTenSecondsThatNoBrokerAnswers(String commandLine) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(commandLine.split(" ")));
        String address = "127.0.0.1:" + unusedPort();
        arguments.addAll(List.of("--bootstrap", address));

        try (CommandProcess command = CommandProcess.start(folder, arguments.toArray(String[]::new))) {
            assertThat(command.awaitExit(Duration.ofSeconds(10))).isEqualTo(1);
            assertThat(command.errors()).contains("bootstrap: " + address + " (expected: ");
            assertThat(command.output()).isEmpty();
        }
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
