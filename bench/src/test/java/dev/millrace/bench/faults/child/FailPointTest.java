package dev.millrace.bench.faults.child;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.worker.telemetry.StageWatch.Stage;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FailPointTest {
    private static final Duration NAP = Duration.ofMillis(50);

    private final FailPoints points = new FailPoints();

    static Stream<FailPoint> all() {
        return Stream.of(
                FailPoint.halt(Stage.COMMIT),
                FailPoint.haltOn("a key with spaces"),
                FailPoint.hold(Stage.INFER),
                FailPoint.sleep(Stage.PUBLISH, NAP),
                FailPoint.exhaust(Stage.DECODE));
    }

    @ParameterizedTest
    @MethodSource("all")
    void isTheSameAfterItsTextIsRead(FailPoint point) {
        assertThat(FailPoint.parse(point.text())).isEqualTo(point);
    }

    @Test
    void refusesWhatIsNoFailPoint() {
        assertThatThrownBy(() -> FailPoint.parse("HALT")).hasMessageContaining("ACTION STAGE MILLIS");
        assertThatThrownBy(() -> FailPoint.parse("BLINK DECODE 0")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void goesOffOnceAtItsStageAlone() {
        points.arm(FailPoint.sleep(Stage.INFER, NAP));
        assertThat(timeAt(Stage.DECODE, "any")).isLessThan(NAP);
        assertThat(timeAt(Stage.INFER, "any")).isGreaterThanOrEqualTo(NAP);
        assertThat(timeAt(Stage.INFER, "any")).isLessThan(NAP);
    }

    @Test
    void goesOffEachTimeForItsKeyAndForNoOther() {
        points.arm(new FailPoint(FailPoint.Action.SLEEP, Stage.DECODE, "killer", NAP));
        assertThat(timeAt(Stage.DECODE, "other")).isLessThan(NAP);
        assertThat(timeAt(Stage.DECODE, "killer")).isGreaterThanOrEqualTo(NAP);
        assertThat(timeAt(Stage.DECODE, "killer")).isGreaterThanOrEqualTo(NAP);
    }

    private Duration timeAt(Stage stage, String key) {
        ConsumerRecord<byte[], ByteBuffer> record =
                new ConsumerRecord<>("requests", 0, 0, key.getBytes(StandardCharsets.UTF_8), ByteBuffer.allocate(0));
        long start = System.nanoTime();
        points.entering(0, stage, record);
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
