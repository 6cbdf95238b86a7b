package dev.millrace.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import picocli.CommandLine;

/** That it measures, in one short round; not how long anything takes. */
@EnabledOnOs(OS.LINUX)
class LoadIT {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void measuresTheCapacityAndTheTimesBelowIt() throws Exception {
        int status = new CommandLine(new LoadCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(
                        "--quick",
                        "--model",
                        "null",
                        "--load",
                        "5",
                        "--set",
                        "millrace.top.k=1",
                        "--seed",
                        "1",
                        "--json");

        assertThat(err.toString()).isEmpty();
        assertThat(status).isZero();
        JsonNode row =
                new ObjectMapper().readTree(out.toString()).path("models").path(0);
        assertThat(row.path("delivery").asText()).isEqualTo("at-least-once");
        assertThat(row.path("capacity").path("median").asDouble()).isPositive();
        assertThat(row.path("loads")).hasSize(1);
        JsonNode level = row.path("loads").path(0);
        assertThat(level.path("percent").asInt()).isEqualTo(5);
        assertThat(level.path("per_second").asDouble())
                .isEqualTo(row.path("capacity").path("median").asDouble() * 5 / 100);
        assertThat(level.path("ms_p50").path("median").asDouble()).isPositive();
        assertThat(level.path("ms_p99").path("median").asDouble())
                .isGreaterThanOrEqualTo(level.path("ms_p50").path("median").asDouble());
        assertThat(level.path("images_per_run").asDouble()).isBetween(1.0, 8.0);
        assertThat(level.path("stages_ms_p99").properties())
                .extracting(stage -> stage.getKey())
                .containsExactlyInAnyOrder("queue", "decode", "batch", "infer");
    }
}
