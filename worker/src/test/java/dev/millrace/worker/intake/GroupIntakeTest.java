package dev.millrace.worker.intake;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GroupIntakeTest {
    private static final TopicPartition PARTITION = new TopicPartition("requests", 0);

    private final SlowCoordinator consumer = new SlowCoordinator();
    private final GroupIntake intake = new GroupIntake(() -> consumer, PARTITION.topic(), 8, new Quarantine());

    @BeforeEach
    void joins() {
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        intake.join(givenUp -> {});
        consumer.rebalance(Set.of(PARTITION));
    }

    @AfterEach
    void leaves() {
        intake.close();
    }

    @Test
    void commitsOneAfterTheOtherHoweverLongTheCoordinatorTakes() {
        answer(0);
        commitWhenDue();
        answer(1);

        await().during(1, SECONDS).atMost(2, SECONDS).until(() -> !intake.commitDue());

        consumer.answerCommit(null);
        commitWhenDue();
        assertThat(consumer.sent).extracting(OffsetAndMetadata::offset).containsExactly(1L, 2L);
    }

    @Test
    void repeatsACommitThatTheCoordinatorRefused() {
        answer(0);
        commitWhenDue();
        consumer.answerCommit(new UnknownMemberIdException());

        commitWhenDue();
        assertThat(consumer.sent).extracting(OffsetAndMetadata::offset).containsExactly(1L, 1L);
    }

    private void answer(long offset) {
        consumer.addRecord(new ConsumerRecord<>(
                PARTITION.topic(), PARTITION.partition(), offset, new byte[0], ByteBuffer.allocate(0)));
        List<ConsumerRecord<byte[], ByteBuffer>> taken = intake.take(Duration.ZERO);
        assertThat(taken).extracting(ConsumerRecord::offset).containsExactly(offset);
        intake.acknowledge(PARTITION, offset);
        intake.tried();
    }

    private void commitWhenDue() {
        await().atMost(5, SECONDS).until(intake::commitDue);
        intake.commitSoon();
    }

    /** Keeps commits that nobody waits for until it is told to answer them. */
    private static final class SlowCoordinator extends MockConsumer<byte[], ByteBuffer> {
        private final List<OffsetAndMetadata> sent = new ArrayList<>();
        private final Deque<Consumer<Exception>> open = new ArrayDeque<>();

        SlowCoordinator() {
            super("earliest");
        }

        @Override
        public synchronized void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets, @Nullable OffsetCommitCallback callback) {
            if (callback == null) {
                // Of commitSync.
                super.commitAsync(offsets, null);
                return;
            }
            sent.addAll(offsets.values());
            open.add(failure -> callback.onComplete(offsets, failure));
        }

        void answerCommit(@Nullable Exception failure) {
            open.remove().accept(failure);
        }
    }
}
