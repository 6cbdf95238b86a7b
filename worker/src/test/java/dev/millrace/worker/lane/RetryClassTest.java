package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.delivery.FatalDeliveryException;
import java.util.stream.LongStream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;

class RetryClassTest {
    @Test
    void waitsForWhatSomeoneCanMend() {
        assertThat(RetryClass.of(new TimeoutException("late"))).isEqualTo(RetryClass.TRANSIENT);
        assertThat(RetryClass.of(new KafkaException(new UnknownTopicOrPartitionException("dlq"))))
                .isEqualTo(RetryClass.TRANSIENT);
        assertThat(RetryClass.of(new TopicAuthorizationException("dlq"))).isEqualTo(RetryClass.TRANSIENT);
        assertThat(RetryClass.of(new IllegalStateException("unknown"))).isEqualTo(RetryClass.TRANSIENT);
    }

    @Test
    void endsTheLaneThatAnotherMemberHasReplacedHoweverDeepTheCause() {
        assertThat(RetryClass.of(new KafkaException(new FencedInstanceIdException("replaced"))))
                .isEqualTo(RetryClass.FATAL);
        assertThat(RetryClass.of(new FatalDeliveryException("fenced", new KafkaException("cause"))))
                .isEqualTo(RetryClass.FATAL);
    }

    @Test
    void waitsTwiceAsLongAfterEachFailureUpToACapAndBeginsAnewAfterASuccess() {
        BackOff backOff = new BackOff();

        assertThat(LongStream.generate(backOff::afterFailure).limit(8).boxed())
                .containsExactly(100L, 200L, 400L, 800L, 1600L, 3200L, 5000L, 5000L);

        backOff.reset();
        assertThat(backOff.afterFailure()).isEqualTo(100);
    }
}
