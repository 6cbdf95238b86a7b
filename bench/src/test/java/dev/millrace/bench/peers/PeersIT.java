package dev.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import picocli.CommandLine;

/** That it measures, in one short round; a worker always, and the others where {@code bench/peers/install} has run. */
@EnabledOnOs(OS.LINUX)
class PeersIT {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void measuresWhoeverIsInstalledWithTheSameImages() throws Exception {
        Path programs = Path.of("peers");
        List<String> installed = Peer.ALL.stream()
                .filter(peer -> new Installed(programs).missing(peer).isEmpty())
                .map(Peer::name)
                .toList();

        int status = new CommandLine(new PeersCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute("--quick", "--programs", programs.toString(), "--precision", "fp32", "--seed", "1", "--json");

        assertThat(err.toString()).isEmpty();
        assertThat(status).isZero();
        JsonNode report = new ObjectMapper().readTree(out.toString());
        assertThat(report.path("contestants").findValuesAsText("name"))
                .containsExactlyElementsOf(installed)
                .contains(Peer.MILLRACE);
        for (JsonNode row : report.path("contestants")) {
            assertThat(row.path("precision").asText()).isEqualTo("fp32");
            for (String figure : List.of("images_per_second", "images_per_cpu_second", "p50_ms", "p99_ms", "rss_mb")) {
                assertThat(row.path(figure).asDouble()).as(figure).isPositive();
            }
            assertThat(row.path("p99_ms").asDouble())
                    .isGreaterThanOrEqualTo(row.path("p50_ms").asDouble());
            assertThat(row.path("lines_of_user_code").isInt()).isTrue();
        }
        assertThat(report.path("left_out")).hasSize(Peer.ALL.size() - installed.size());
        JsonNode crayfish = report.path("crayfish").path(0);
        assertThat(crayfish.path("name").asText()).isEqualTo(Peer.MILLRACE);
        assertThat(crayfish.path("offered_per_second").asDouble()).isEqualTo(512);
        assertThat(crayfish.path("throughput_per_second").asDouble()).isPositive();
        assertThat(crayfish.path("mean_latency_ms").asDouble()).isPositive();
    }
}
