package dev.millrace.worker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class StatusCommandTest {
    private static final String STATUS = """
            {"worker":"w","group":"g","delivery":"at-least-once","state":"%s","reasons":[%s],
             "startedAt":"2026-01-02T03:04:05.678Z","uptimeSeconds":3723,"lanes":[
              {"lane":0,"asked":"cpu:1","device":"cpu:1","partitions":[{"partition":0,"lag":2},{"partition":1,"lag":3},
               {"partition":2,"lag":0},{"partition":5,"lag":0}],"inFlight":{"records":7,"bytes":900},"answered":12345,
               "batches":4,"meanBatchSize":6.25,"lastError":null},
              {"lane":1,"asked":"cpu:9","device":"cpu:none","partitions":[{"partition":4,"lag":null}],
               "inFlight":{"records":0,"bytes":0},"answered":0,"batches":0,"meanBatchSize":0.0,
               "lastError":{"message":"%s","at":"2026-01-02T03:05:05Z","ongoing":false}}],
             "models":[{"name":"m","version":3,"sha256":"0123456789abcdef","precision":"int8","leases":1}],
             "rollouts":[{"model":"m","version":4,"epoch":9,"state":"REFUSED","reason":"not signed"}],
             "lastError":{"message":"%s","at":"2026-01-02T03:05:05Z","ongoing":false},"newer":"than this reader"}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private HttpServer server;
    private int code = 200;
    private String body = "";

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/status", exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(code, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    @Test
    void printsATableWithinEightyColumns() {
        body = STATUS.formatted("SERVING", "", "x".repeat(200), "x".repeat(200));

        assertThat(run()).isZero();

        assertThat(out.toString().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
        assertThat(out.toString())
                .contains("worker      w in group g, at-least-once")
                .contains("state       SERVING, up 1 h 2 min")
                .contains("model       m v3 int8 0123456789ab")
                .contains("refused     m v4: not signed")
                .contains("last error  at 2026-01-02T03:05:05Z: xxx")
                .containsPattern("   0  cpu:1 +cpu:1 +0-2,5 +5 +7 +12345 +6\\.25")
                .containsPattern("   1  cpu:9 +cpu:none +4 +\\? +0 +0 +-");
    }

    @Test
    void printsTheJsonAloneWhenAskedTo() {
        body = STATUS.formatted("SERVING", "", "e", "e").strip();

        assertThat(run("--json")).isZero();

        assertThat(out.toString().strip()).isEqualTo(body);
    }

    @Test
    void exitsThreeWhenTheWorkerDoesNotServe() {
        body = STATUS.formatted("UNHEALTHY", "\"lane 0: publish: no such topic\"", "e", "e");

        assertThat(run()).isEqualTo(3);

        assertThat(out.toString()).contains("reason      lane 0: publish: no such topic");
    }

    @Test
    void exitsOneWhenNoWorkerAnswers() {
        body = "{\"hello\":";
        assertThat(run()).isEqualTo(1);
        assertThat(err.toString()).contains("(expected: the /status of a worker)");

        code = 404;
        assertThat(run()).isEqualTo(1);
        assertThat(err.toString()).contains("it answered 404");

        server.stop(0);
        assertThat(run()).isEqualTo(1);
        assertThat(err.toString()).contains("expected: that of a running worker");
    }

    @Test
    void takesAUrlWithoutSchemeForWrongUsage() {
        assertThat(execute("--url", "localhost")).isEqualTo(2);
        assertThat(err.toString()).contains("expected: http://HOST:PORT");
    }

    private int run(String... more) {
        String[] arguments = new String[more.length + 2];
        System.arraycopy(more, 0, arguments, 2, more.length);
        arguments[0] = "--url";
        arguments[1] = "http://127.0.0.1:" + server.getAddress().getPort();
        return execute(arguments);
    }

    private int execute(String... arguments) {
        return new CommandLine(new StatusCommand())
                .setErr(new PrintWriter(err, true))
                .setOut(new PrintWriter(out, true))
                .execute(arguments);
    }
}
