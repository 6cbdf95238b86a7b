package dev.millrace.bench.faults.child;

import dev.millrace.worker.telemetry.StageWatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * The armed fail points of this process. One without a key goes off once, for the lane that comes first; one with a key
 * goes off each time. Lane threads ask, another thread arms.
 */
final class FailPoints implements StageWatch {
    private static final int BLOCK_BYTES = 16 * 1024 * 1024;

    private final List<FailPoint> armed = new CopyOnWriteArrayList<>();

    void arm(FailPoint point) {
        armed.add(point);
    }

    @Override
    public void entering(int lane, Stage stage, @Nullable ConsumerRecord<byte[], ByteBuffer> source) {
        armed.stream()
                .filter(point -> point.stage() == stage && matches(point, source))
                .findFirst()
                .filter(point -> point.key() != null || armed.remove(point))
                .ifPresent(FailPoints::goOff);
    }

    private static boolean matches(FailPoint point, @Nullable ConsumerRecord<byte[], ByteBuffer> source) {
        String key = point.key();
        return key == null
                || (source != null
                        && source.key() != null
                        && Arrays.equals(source.key(), key.getBytes(StandardCharsets.UTF_8)));
    }

    private static void goOff(FailPoint point) {
        switch (point.action()) {
            case HALT -> Runtime.getRuntime().halt(FailPoint.HALTED);
            case HOLD -> hold(point.stage());
            case SLEEP -> sleep(point);
            case EXHAUST -> exhaust();
        }
    }

    private static void hold(Stage stage) {
        tell(stage);
        while (true) {
            LockSupport.park();
        }
    }

    private static void tell(Stage stage) {
        System.out.println(FailPoint.heldLine(stage));
        System.out.flush();
    }

    private static void sleep(FailPoint point) {
        tell(point.stage());
        long nanos = point.duration().toNanos();
        long until = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void exhaust() {
        Deque<byte[]> heap = new ArrayDeque<>();
        while (heap.size() < Integer.MAX_VALUE) {
            heap.push(new byte[BLOCK_BYTES]);
        }
    }
}
