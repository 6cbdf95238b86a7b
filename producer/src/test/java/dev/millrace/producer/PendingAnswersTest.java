package dev.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schemas.InferenceResult;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PendingAnswersTest {
    private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant RECEIVED = CREATED.plusMillis(7);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // nanoTime may overflow; so may this clock
    private final AtomicInteger settled = new AtomicInteger();
    private final PendingAnswers pending =
            new PendingAnswers(Duration.ofNanos(10), nanos::get, settled::incrementAndGet);

    @Test
    void givesAnAnswerToTheRequestItNamesOnce() throws Exception {
        CompletableFuture<Answer> a = register("a");
        CompletableFuture<Answer> b = register("b");

        assertThat(pending.answer(result("b"), RECEIVED)).isTrue();
        assertThat(pending.answer(result("b"), RECEIVED)).as("a duplicate").isFalse();
        assertThat(pending.answer(result("c"), RECEIVED)).as("another's").isFalse();

        assertThat(a).isNotDone();
        assertThat(b.get().endToEnd()).isEqualTo(Duration.ofMillis(7));
        assertThat(settled).hasValue(1);
    }

    @Test
    void refusesAnIdThatWaitsAlready() {
        CompletableFuture<Answer> first = register("a");

        assertThat(pending.register("a", CREATED)).isNull();
        assertThat(first).isNotDone();
        assertThat(settled).hasValue(0);
    }

    @Test
    void failsWhatHasWaitedTooLongAndNamesIt() {
        CompletableFuture<Answer> early = register("early");
        nanos.addAndGet(6);
        CompletableFuture<Answer> late = register("late");
        nanos.addAndGet(4);

        pending.expire();

        assertThatThrownBy(early::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(TimeoutException.class)
                .hasMessageStartingWith("request early: not answered");
        assertThat(late).isNotDone();
        assertThat(settled).hasValue(1);
    }

    @Test
    void givesRoomBackBeforeItCompletesSoThatADependentMayPublish() {
        CompletableFuture<Integer> settledBefore = register("a").thenApply(answer -> settled.get());

        pending.answer(result("a"), RECEIVED);

        assertThat(settledBefore).isCompletedWithValue(1);
    }

    @Test
    void forgetsACancelledRequest() throws Exception {
        CompletableFuture<Answer> a = register("a");

        a.cancel(false);

        assertThat(settled).hasValue(1);
        assertThat(pending.awaitNone(Duration.ZERO)).isTrue();
        assertThat(pending.answer(result("a"), RECEIVED)).isFalse();
        assertThat(settled).hasValue(1);
    }

    @Test
    void doesNotFailALaterRequestOfTheSameId() {
        CompletableFuture<Answer> first = register("a");
        pending.answer(result("a"), RECEIVED);
        CompletableFuture<Answer> second = register("a");

        pending.fail("a", first, new IllegalStateException("late news of the first"));

        assertThat(second).isNotDone();
    }

    @Test
    void failsAllThatIsLeft() throws Exception {
        CompletableFuture<Answer> a = register("a");
        CompletableFuture<Answer> b = register("b");

        assertThat(pending.awaitNone(Duration.ofMillis(1))).isFalse();
        pending.failAll(id -> new IllegalStateException(id + " left"));

        assertThatThrownBy(a::get).hasRootCauseMessage("a left");
        assertThatThrownBy(b::get).hasRootCauseMessage("b left");
        assertThat(settled).hasValue(2);
    }

    private CompletableFuture<Answer> register(String id) {
        CompletableFuture<Answer> future = pending.register(id, CREATED);
        assertThat(future).isNotNull();
        return future;
    }

    private static InferenceResult result(String requestId) {
        InferenceResult result = new InferenceResult();
        result.setRequestId(requestId);
        return result;
    }
}
