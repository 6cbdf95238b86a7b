package dev.millrace.bench.scale;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** That it measures; not how well anything scales. */
class ScaleIT {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void measuresAGroupOfWorkersWhoseModelOnlyWaits() throws Exception {
        int status = new CommandLine(new ScaleCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute("--quick", "--workers", "2", "--seed", "1", "--json");

        assertThat(err.toString()).isEmpty();
        assertThat(status).isZero();
        JsonNode groups = new ObjectMapper().readTree(out.toString()).path("groups");
        assertThat(groups).hasSize(1);
        JsonNode group = groups.path(0);
        assertThat(group.path("workers").asInt()).isEqualTo(2);
        assertThat(group.path("lanes").asInt()).isEqualTo(4);
        assertThat(group.path("ideal_per_second").asDouble()).isEqualTo(3_200);
        // A lane that did not wait would be far beyond it.
        assertThat(group.path("of_ideal").path("median").asDouble()).isBetween(0.05, 1.1);
        assertThat(group.path("core_us_per_image").path("median").asDouble()).isPositive();
        assertThat(group.path("join_seconds").asDouble()).isNotNegative();
    }
}
