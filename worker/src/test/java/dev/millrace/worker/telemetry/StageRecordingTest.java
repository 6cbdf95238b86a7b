package dev.millrace.worker.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StageRecordingTest {
    private final StageRecording stages = new StageRecording(3);

    @Test
    void writesOneEventPerStageWithItsFields(@TempDir Path dir) throws Exception {
        List<RecordedEvent> events = recorded(dir.resolve("stages.jfr"), () -> turn(8));

        assertThat(events)
                .extracting(event -> event.getEventType().getName())
                .containsExactlyInAnyOrder(
                        "millrace.Take",
                        "millrace.Decode",
                        "millrace.Batch",
                        "millrace.Infer",
                        "millrace.Publish",
                        "millrace.Commit");
        assertThat(events).allSatisfy(event -> {
            assertThat(event.getEventType().getCategoryNames()).containsExactly("Millrace");
            assertThat(event.getInt("lane")).isEqualTo(3);
        });
        assertThat(named(events, "millrace.Decode").getLong("offset")).isEqualTo(42);
        assertThat(named(events, "millrace.Batch").getDuration("waited")).isEqualTo(Duration.ofNanos(1500));
        assertThat(named(events, "millrace.Publish").getDuration("acknowledgedAfter"))
                .isEqualTo(Duration.ofNanos(2500));
        RecordedEvent infer = named(events, "millrace.Infer");
        assertThat(infer.getString("model")).isEqualTo("tiny");
        assertThat(infer.getInt("version")).isEqualTo(7);
        assertThat(infer.getInt("size")).isEqualTo(8);
        assertThat(infer.getDuration()).isPositive();
    }

    @Test
    void doesNotRecordTurnsThatBroughtNothing(@TempDir Path dir) throws Exception {
        assertThat(recorded(dir.resolve("idle.jfr"), () -> {
                    stages.taking();
                    stages.took(0);
                    stages.committing();
                    stages.committed(0);
                }))
                .isEmpty();
    }

    @Test
    void allocatesNothingWhileNobodyRecords() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        turn(8);
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) {
            turn(8);
        }

        // One event alone would be 24 bytes or more each time.
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    }

    private void turn(int size) {
        stages.taking();
        stages.took(size);
        stages.decoding();
        stages.decoded(0, 42, 3072);
        stages.batched("tiny", 7, size, 1500);
        stages.inferring(size);
        stages.inferred();
        StageRecording.published(3, 2500);
        stages.committing();
        stages.committed(size);
    }

    private static List<RecordedEvent> recorded(Path file, Runnable work) throws Exception {
        try (Recording recording = new Recording()) {
            for (String stage : List.of("Take", "Decode", "Batch", "Infer", "Publish", "Commit")) {
                recording.enable("millrace." + stage).withThreshold(Duration.ZERO);
            }
            recording.start();
            work.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("millrace."))
                .toList();
    }

    private static RecordedEvent named(List<RecordedEvent> events, String name) {
        return events.stream()
                .filter(event -> event.getEventType().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
