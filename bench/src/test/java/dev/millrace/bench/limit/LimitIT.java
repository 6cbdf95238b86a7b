package dev.millrace.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import picocli.CommandLine;

/** That it measures, in one short round; not how fast anything is. */
@EnabledOnOs(OS.LINUX)
class LimitIT {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void measuresTheWorkerAndEverythingItIsComparedWith() throws Exception {
        int status = new CommandLine(new LimitCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute("--quick", "--model", "null", "--json");

        assertThat(err.toString()).isEmpty();
        assertThat(status).isZero();
        JsonNode report = new ObjectMapper().readTree(out.toString());
        assertThat(report.path("environment").path("cpus").asInt()).isPositive();
        assertThat(report.path("models")).hasSize(1);
        JsonNode row = report.path("models").path(0);
        assertThat(row.path("model").asText()).isEqualTo("null");
        assertThat(row.path("precision").asText()).isEqualTo("int8");
        assertThat(row.path("delivery").asText()).isEqualTo("at-least-once");
        assertThat(row.path("lanes").asInt()).isEqualTo(1);
        assertThat(row.path("batch").asInt()).isEqualTo(8);
        assertThat(row.path("raw_images_per_second").asDouble()).isPositive();
        assertThat(row.path("dry_images_per_second").asDouble()).isPositive();
        assertThat(row.path("lane_images_per_second").asDouble()).isPositive();
        assertThat(row.path("lane_over_raw").asDouble()).isBetween(0.0, 1.0);
        assertThat(row.path("overhead_core_us_per_image").asDouble()).isPositive();
        assertThat(row.path("figures").path("lane_over_raw").path("rounds")).hasSize(1);
        assertThat(names(row.path("stages"))).containsExactly("avro", "crc", "decode", "infer", "softmax", "encode");
        assertThat(names(row.path("threads"))).contains("lane", "consumer thread", "producer thread");
        assertThat(row.path("plain").path("records_per_second").asDouble()).isPositive();
    }

    private static List<String> names(JsonNode shares) {
        List<String> names = new ArrayList<>();
        shares.forEach(share -> names.add(share.path("name").asText()));
        return names;
    }
}
