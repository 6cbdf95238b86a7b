package dev.millrace.producer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.producer.EchoWorker;
import dev.millrace.producer.ReceivedResult;
import dev.millrace.schemas.DetectedBox;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.wire.TrustedRecords;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResultRowTest {
    static {
        TrustedRecords.install();
    }

    @Test
    void showsTheBestLabel() {
        String row = ResultRow.of(EchoWorker.result("r-1"));

        assertThat(row)
                .isEqualTo("r-1                  OK       Ankle boot         0.993 fashion-mnist v1      1.5")
                .hasSizeLessThanOrEqualTo(80);
        assertThat(ResultRow.header()).hasSize(row.length());
    }

    @Test
    void showsHowMuchOfWhatADetectorFound() {
        InferenceResult result = EchoWorker.result("r-1");
        result.setLabels(List.of());
        result.setCounts(Map.of("car", 2, "person", 3));
        result.setBoxes(List.of(new DetectedBox(2, "car", 0.5f, 1f, 2f, 3f, 4f)));

        assertThat(ResultRow.of(result))
                .isEqualTo("r-1                  OK       person 3, car 2          fashion-mnist v1      1.5")
                .hasSize(ResultRow.header().length());
        result.setCounts(Map.of("person", 3, "traffic light", 2, "bus", 1));
        assertThat(ResultRow.of(result)).contains(" person 3, traffic ligh.. fashion");
    }

    @Test
    void showsTheErrorOfARejectedRequest() {
        assertThat(ResultRow.of(rejected("r-2")))
                .isEqualTo("r-2                  REJECTED CRC_MISMATCH           - -                     0.0");
    }

    @Test
    void keepsToItsColumnsAndLetsNoControlCharacterOut() {
        InferenceResult result = EchoWorker.result("\033[2J" + "x".repeat(100));
        result.setModel("m".repeat(100));
        result.setVersion(123_456_789);
        result.getLabels().get(0).setLabel("two\nlines " + "l".repeat(100));
        result.setTimings(new StageTimings(Long.MAX_VALUE / 2, 0L, 0L, 0L));

        assertThat(ResultRow.of(result))
                .hasSizeLessThanOrEqualTo(80)
                .startsWith("?[2Jxxxxxxxxxxxxxx.. OK")
                .contains("two?lines")
                .contains(".. v123456789");
    }

    @Test
    void givesEveryFieldAsJson() throws Exception {
        Instant receivedAt = Instant.parse("2026-01-01T00:00:00.000001Z");

        InferenceResult result = EchoWorker.result("r-1");
        result.setBoxes(List.of(new DetectedBox(2, "car", 0.5f, 1f, 2f, 3f, 4f)));
        result.setCounts(Map.of("car", 1));
        result.setImageWidth(640);

        JsonNode ok = read(new ReceivedResult(result, receivedAt));
        JsonNode rejected = read(new ReceivedResult(rejected("r-2"), receivedAt));

        // The request id, and one entry per field of the wire record, and when it was received.
        assertThat(ok.size())
                .isEqualTo(InferenceResult.getClassSchema().getFields().size() + 1);
        assertThat(ok.get("labels").get(0).get("label").asText()).isEqualTo("Ankle boot");
        assertThat(ok.get("labels").get(0).get("score").floatValue()).isEqualTo(0.9931f);
        assertThat(ok.get("boxes").get(0).get("width").floatValue()).isEqualTo(3f);
        assertThat(ok.get("counts").get("car").asInt()).isEqualTo(1);
        assertThat(ok.get("image_width").asInt()).isEqualTo(640);
        assertThat(ok.get("timings").get("infer_micros").asLong()).isEqualTo(450);
        assertThat(ok.get("error_class").isNull()).isTrue();
        assertThat(ok.get("received_at").asText()).isEqualTo("2026-01-01T00:00:00.000001Z");
        assertThat(rejected.get("status").asText()).isEqualTo("REJECTED");
        assertThat(rejected.get("error_class").asText()).isEqualTo("CRC_MISMATCH");
        assertThat(rejected.get("model").isNull()).isTrue();
    }

    private static JsonNode read(ReceivedResult received) throws Exception {
        String json = new ResultJson().of(received);
        assertThat(json.lines()).hasSize(1);
        return new JsonMapper().readTree(json);
    }

    private static InferenceResult rejected(String requestId) {
        return InferenceResult.newBuilder()
                .setRequestId(requestId)
                .setSourceTopic("requests")
                .setSourcePartition(0)
                .setSourceOffset(8)
                .setStatus(ResultStatus.REJECTED)
                .setErrorClass("CRC_MISMATCH")
                .setErrorMessage("crc32c: 1 (expected: 2)")
                .setLabels(List.of())
                .setTimings(new StageTimings(0L, 0L, 0L, 0L))
                .setCompletedAt(Instant.EPOCH)
                .setWorker("echo")
                .setLane(0)
                .setArm(RolloutArm.NONE)
                .build();
    }
}
