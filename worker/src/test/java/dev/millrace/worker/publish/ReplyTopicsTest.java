package dev.millrace.worker.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.publish.ReplyTopics.Place;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ReplyTopicsTest {
    private static final Place THERE = new Place(3, null);
    private static final Place GONE = Place.not(ReplyOutcome.UNKNOWN_TOPIC);

    private record Question(Set<String> names, CompletableFuture<Map<String, Place>> answer) {}

    private final Deque<Question> questions = new ArrayDeque<>();
    private long now;

    private final ReplyTopics topics = new ReplyTopics(
            names -> {
                Question question = new Question(names, new CompletableFuture<>());
                questions.add(question);
                return question.answer();
            },
            () -> now);

    @Test
    void asksWithoutMakingAnybodyWait() {
        assertThat(topics.find("a")).isNull();
        assertThat(topics.find("a")).isNull();
        assertThat(questions).extracting(Question::names).containsExactly(Set.of("a"));

        answer(Map.of("a", THERE));

        assertThat(topics.find("a")).isEqualTo(THERE);
        assertThat(questions).isEmpty();
    }

    @Test
    void asksForEverythingNewAtOnceWhenTheLastAnswerIsThere() {
        for (String topic : new String[] {"a", "b", "c"}) {
            assertThat(topics.find(topic)).isNull();
        }

        answer(Map.of("a", THERE));

        assertThat(questions).extracting(Question::names).containsExactly(Set.of("b", "c"));
    }

    @Test
    void looksAgainOnceASecondAndGoesByWhatItKnewMeanwhile() {
        topics.find("a");
        answer(Map.of("a", THERE));
        later(Duration.ofMillis(999));
        topics.find("a");
        assertThat(questions).isEmpty();
        later(Duration.ofMillis(1));

        assertThat(topics.find("a")).isEqualTo(THERE);
        assertThat(questions).hasSize(1);
        answer(Map.of("a", GONE));
        assertThat(topics.find("a")).isEqualTo(GONE);
    }

    @Test
    void keepsWhatItKnewWhenNothingIsToBeLearnt() {
        topics.find("a");
        answer(Map.of("a", THERE));
        later(Duration.ofSeconds(1));
        topics.find("a");
        questions.remove().answer().completeExceptionally(new IllegalStateException("broker away"));

        assertThat(topics.find("a")).isEqualTo(THERE);
        topics.find("new");
        answer(Map.of());
        assertThat(topics.find("new")).isEqualTo(Place.not(ReplyOutcome.LOOKUP_FAILED));
    }

    @Test
    void sendsNothingToATopicThatDidNotTakeItForTenSecondsWhateverTheBrokerSays() {
        topics.find("a");
        answer(Map.of("a", THERE));
        later(Duration.ofSeconds(1));
        topics.find("a");
        topics.shun("a");
        answer(Map.of("a", THERE));
        later(Duration.ofMillis(9_999));
        assertThat(topics.find("a")).isEqualTo(Place.not(ReplyOutcome.FAILED));
        assertThat(questions).isEmpty();
        later(Duration.ofMillis(1));
        topics.find("a");

        answer(Map.of("a", THERE));

        assertThat(topics.find("a")).isEqualTo(THERE);
    }

    @Test
    void madeUpNamesTakeBoundedMemoryAndPushNoRealOneOut() {
        topics.find("real");
        answer(Map.of("real", THERE));
        for (int i = 0; i < 10 * ReplyTopics.MOST; i++) {
            topics.find("made-up-" + i);
            if (i % 100 == 0) {
                while (!questions.isEmpty()) {
                    Question question = questions.remove();
                    question.answer()
                            .complete(question.names().stream().collect(Collectors.toMap(name -> name, name -> GONE)));
                }
            }
        }
        assertThat(topics.find("real")).isEqualTo(THERE);
        assertThat(topics.size()).isLessThanOrEqualTo(ReplyTopics.MOST);
    }

    @Test
    void refusesNewNamesWhileTooManyAreAskedFor() {
        for (int i = 0; i < ReplyTopics.MOST; i++) {
            assertThat(topics.find("made-up-" + i)).isNull();
        }
        assertThat(topics.find("one more")).isEqualTo(Place.not(ReplyOutcome.LOOKUP_FAILED));
    }

    @Test
    void whoWaitsGoesOnAtTheAnswerOrWhenTheTimeIsUp() {
        topics.find("a");
        topics.await("a", Duration.ofMillis(1));
        assertThat(topics.find("a")).isNull();
        answer(Map.of("a", THERE));

        topics.await("a", Duration.ofHours(1));

        assertThat(topics.find("a")).isEqualTo(THERE);
    }

    private void answer(Map<String, Place> places) {
        questions.remove().answer().complete(places);
    }

    private void later(Duration time) {
        now += TimeUnit.NANOSECONDS.convert(time);
    }
}
