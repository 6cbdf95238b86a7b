package dev.millrace.producer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ResultStatus;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProduceSummaryTest {
    private static final Map<ResultStatus, Long> ANSWERS = Map.of(
            ResultStatus.OK, 1_990L, ResultStatus.REJECTED, 8L, ResultStatus.EXPIRED, 0L, ResultStatus.FAILED, 0L);

    @Test
    void tellsOnlyWhatHappened() {
        ProduceSummary summary = new ProduceSummary(
                new Tally.Counts(1, 2_000, 3, 2, new java.util.EnumMap<>(ANSWERS), Map.of(), 1_250_000_000L), true);

        assertThat(summary.complete()).isFalse();
        assertThat(summary.text().lines())
                .containsExactly(
                        "published     2,000 in 1.25 s (1,598 images/s)",
                        "answered      1,998 (OK 1,990, REJECTED 8)",
                        "not answered  2",
                        "not published 3",
                        "unreadable    1");
        assertThat(summary.json())
                .isEqualTo("{\"published\":2000,\"ok\":1990,\"rejected\":8,\"expired\":0,\"failed\":0,\"unanswered\":2,"
                        + "\"not_published\":3,\"unreadable\":1,\"seconds\":1.25,\"images_per_second\":1598.4}");
    }

    @Test
    void tellsWhatDetectorsFoundInLinesThatFit() {
        ProduceSummary summary = new ProduceSummary(
                new Tally.Counts(
                        0,
                        3,
                        0,
                        0,
                        Map.of(ResultStatus.OK, 3L),
                        Map.of(
                                "person",
                                12,
                                "car",
                                12,
                                "traffic light",
                                3,
                                "bicycle",
                                2,
                                "parking meter",
                                1,
                                "stop sign",
                                1,
                                "dog",
                                40),
                        1_000_000_000L),
                true);

        assertThat(summary.text().lines())
                .contains(
                        "found         dog 40, car 12, person 12, traffic light 3, bicycle 2,",
                        "              parking meter 1, stop sign 1")
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
        assertThat(summary.json()).contains("\"counts\":{").contains("\"dog\":40");
    }

    @Test
    void isCompleteOnlyWhenSomethingWasPublishedAndNothingWentWrong() {
        assertThat(new ProduceSummary(new Tally.Counts(0, 5, 0, 0, Map.of(), Map.of(), 1), false).complete())
                .isTrue();
        assertThat(new ProduceSummary(new Tally.Counts(0, 0, 0, 0, Map.of(), Map.of(), 0), false).complete())
                .isFalse();
    }
}
