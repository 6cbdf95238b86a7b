package dev.millrace.bench.limit.child;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * A consumer that always has a full poll of records ready, for as long as a turn is open. Its polls are on the lane's
 * thread, so that it also keeps that thread's account.
 */
final class MemoryConsumer extends MockConsumer<byte[], ByteBuffer> {
    static final String TOPIC = "requests";

    private static final byte[] KEY = {0};

    private final TopicPartition partition;
    private final List<byte[]> requests;
    private final List<byte[]> idle;
    private final int records;
    private final LinkedBlockingQueue<Turn> opened = new LinkedBlockingQueue<>();
    private long offset;
    private long images;
    private Turn turn = new Turn(0, false);
    private boolean running;
    private Effort before = Effort.NONE;

    /** A stretch of time in which there is work. */
    static final class Turn {
        private final long nanos;
        private final boolean idle;
        private final CompletableFuture<Effort> effort = new CompletableFuture<>();

        private Turn(long nanos, boolean idle) {
            this.nanos = nanos;
            this.idle = idle;
        }

        Effort await() throws InterruptedException {
            try {
                return effort.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /**
     * Waits for a turn.
     *
     * @param idle requests for the model that does nothing
     * @param records in a poll
     */
    MemoryConsumer(int lane, List<byte[]> requests, List<byte[]> idle, int records) {
        super("earliest");
        this.partition = new TopicPartition(TOPIC, lane);
        this.requests = requests;
        this.idle = idle;
        this.records = records;
    }

    /** Begins a turn; any thread. */
    Turn open(long millis, boolean withIdle) {
        Turn next = new Turn(TimeUnit.MILLISECONDS.toNanos(millis), withIdle);
        opened.add(next);
        return next;
    }

    @Override
    public synchronized void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
        super.subscribe(topics, listener);
        updateBeginningOffsets(Map.of(partition, 0L));
        rebalance(List.of(partition));
        listener.onPartitionsAssigned(List.of(partition));
    }

    @Override
    public synchronized ConsumerRecords<byte[], ByteBuffer> poll(Duration wait) {
        if (!running && !begin(wait)) {
            return ConsumerRecords.empty();
        }
        if (System.nanoTime() - before.nanos() >= turn.nanos) {
            running = false;
            turn.effort.complete(Effort.soFar(images).since(before));
            return ConsumerRecords.empty();
        }
        List<byte[]> source = turn.idle ? idle : requests;
        List<ConsumerRecord<byte[], ByteBuffer>> polled = new ArrayList<>(records);
        for (int i = 0; i < records; i++) {
            byte[] request = source.get((int) (offset % source.size()));
            polled.add(new ConsumerRecord<>(TOPIC, partition.partition(), offset++, KEY, ByteBuffer.wrap(request)));
        }
        images += records;
        return new ConsumerRecords<>(Map.of(partition, polled), Map.of(partition, new OffsetAndMetadata(offset)));
    }

    private boolean begin(Duration wait) {
        try {
            Turn next = opened.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
            if (next == null) {
                return false;
            }
            turn = next;
            running = true;
            before = Effort.soFar(images);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
