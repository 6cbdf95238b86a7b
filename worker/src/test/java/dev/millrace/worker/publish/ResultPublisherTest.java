package dev.millrace.worker.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.StageTimings;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.publish.Oversized.Form;
import dev.millrace.worker.publish.ResultPublisher.Destinations;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the publisher makes of a transaction that fails, as Kafka's producer tells of it. */
class ResultPublisherTest {
    private static final Destinations DESTINATIONS =
            new Destinations("results", "letters", "group", "worker", WireTerms.singleObject());
    private final RecordTooLargeException tooLarge = new RecordTooLargeException("too large");

    private final Oversized oversized = new Oversized();
    private final ScriptedProducer producer = new ScriptedProducer();
    private final ResultPublisher publisher =
            new ResultPublisher(producer, DESTINATIONS, Replies.none(), nanos -> {}, oversized);
    private final ConsumerRecord<byte[], ByteBuffer> first = request(0);
    private final ConsumerRecord<byte[], ByteBuffer> second = request(1);

    @Test
    void blamesOnlyTheFirstRecordThatATransactionFailsWith() {
        answerBoth();
        producer.errorNext(tooLarge);
        // Never sent: Kafka's producer gives it the same error.
        producer.errorNext(tooLarge);

        assertThat(publisher.takeFailure())
                .satisfies(failure -> assertThat(failure.offset()).isZero());
        assertThat(oversized.formOf(first, "results")).isEqualTo(Form.WITHOUT_PAYLOAD);
        assertThat(oversized.formOf(second, "results")).isEqualTo(Form.WHOLE);
        assertThat(publisher.unacknowledged()).isZero();
    }

    @Test
    void blamesNobodyWhoFailsAfterTheTurnHasHeardOfTheFailure() {
        answerBoth();
        producer.errorNext(tooLarge);
        assertThat(publisher.takeFailure()).isNotNull();
        producer.errorNext(tooLarge);
        assertThat(oversized.formOf(second, "results")).isEqualTo(Form.WHOLE);

        publisher.transactionOver();
        assertThat(publisher.takeFailure()).isNull();
        answerBoth();
        assertThat(producer.completeNext()).isTrue();
        producer.errorNext(tooLarge);
        assertThat(oversized.formOf(second, "results")).isEqualTo(Form.WITHOUT_PAYLOAD);
    }

    @Test
    void countsARecordOnceThatTheProducerTakesRefusesAndFailsLater() {
        producer.failing = true;
        publisher.answer(first, result(), null, null);
        publisher.release(false);
        assertThat(publisher.unacknowledged()).isZero();
        assertThat(publisher.unacknowledgedBytes()).isZero();

        producer.errorNext(tooLarge);
        assertThat(publisher.unacknowledged()).isZero();
        assertThat(publisher.unacknowledgedBytes()).isZero();
        assertThat(oversized.formOf(first, "results")).isEqualTo(Form.WITHOUT_PAYLOAD);
    }

    private void answerBoth() {
        publisher.answer(first, result(), null, null);
        publisher.answer(second, result(), null, null);
        publisher.release(false);
    }

    private static ConsumerRecord<byte[], ByteBuffer> request(long offset) {
        return new ConsumerRecord<>("requests", 0, offset, new byte[] {1}, ByteBuffer.wrap(new byte[10]));
    }

    private static InferenceResult result() {
        return InferenceResult.newBuilder()
                .setRequestId("id")
                .setSourceTopic("requests")
                .setSourcePartition(0)
                .setSourceOffset(0)
                .setStatus(ResultStatus.OK)
                .setTimings(new StageTimings(0L, 0L, 0L, 0L))
                .setCompletedAt(Instant.EPOCH)
                .setWorker("worker")
                .setLane(0)
                .build();
    }

    /** Answers when it is told to; where it is failing, it throws although it has taken the record. */
    private static final class ScriptedProducer extends MockProducer<byte[], byte @Nullable []> {
        boolean failing;

        ScriptedProducer() {
            super(false, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized Future<RecordMetadata> send(
                ProducerRecord<byte[], byte @Nullable []> record, @Nullable Callback callback) {
            Future<RecordMetadata> taken = super.send(record, callback);
            if (failing) {
                throw new KafkaException("the transaction has failed");
            }
            return taken;
        }
    }
}
