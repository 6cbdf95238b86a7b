package dev.millrace.trainer.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LabelledRequestsTest {
    private static final List<String> CLASSES = List.of("ant", "bee", "cat");

    private final LabelledRequests join = new LabelledRequests(CLASSES, 3);

    @Test
    void joinsWhicheverComesFirst() {
        assertThat(join.labelled("a", "bee", "", -1, -1)).isEmpty();
        assertThat(join.answered("a", "requests", 1, 7)).contains(new LabelledRequest("a", 1, "requests", 1, 7));
        assertThat(join.answered("b", "requests", 0, 8)).isEmpty();
        assertThat(join.labelled("b", "cat", "", -1, -1)).contains(new LabelledRequest("b", 2, "requests", 0, 8));

        assertThat(join.counts()).isEqualTo(new LabelCounts(2, 0, 0, 0));
    }

    @Test
    void aLabelThatSaysWhereItsRequestIsWaitsForNothing() {
        assertThat(join.labelled("a", "bee", "requests", 1, 7)).contains(new LabelledRequest("a", 1, "requests", 1, 7));
        assertThat(join.labelled("b", "bee", "requests", 1, -1))
                .as("no whole place")
                .isEmpty();
        assertThat(join.counts().waiting()).isEqualTo(1);
    }

    @Test
    void whatAResultSaysOfThePlaceIsMoreCertain() {
        join.answered("a", "requests", 1, 7);

        assertThat(join.labelled("a", "bee", "elsewhere", 0, 0))
                .contains(new LabelledRequest("a", 1, "requests", 1, 7));
    }

    @Test
    void aLaterLabelSupersedesAndTheSameAgainIsNotGivenOutAgain() {
        join.answered("a", "requests", 1, 7);
        join.labelled("a", "ant", "", -1, -1);

        assertThat(join.labelled("a", "ant", "", -1, -1)).isEmpty();
        assertThat(join.labelled("a", "bee", "", -1, -1))
                .map(LabelledRequest::label)
                .contains(1);
        assertThat(join.answered("a", "requests", 1, 7)).as("a duplicate").isEmpty();

        join.labelled("b", "ant", "", -1, -1);
        join.labelled("b", "cat", "", -1, -1);
        assertThat(join.answered("b", "requests", 0, 0))
                .map(LabelledRequest::label)
                .contains(2);
        join.labelled("c", "ant", "", -1, -1);
        join.labelled("c", "cat", "requests", 0, 1);
        assertThat(join.answered("c", "requests", 0, 1))
                .as("what was superseded does not come after it")
                .isEmpty();
        assertThat(join.counts()).isEqualTo(new LabelCounts(7, 0, 0, 0));
    }

    @Test
    void aLabelThatIsNoClassIsCountedAndPassedOver() {
        join.answered("a", "requests", 1, 7);

        assertThat(join.labelled("a", "dog", "", -1, -1)).isEmpty();
        assertThat(join.labelled("b", "dog", "requests", 0, 0)).isEmpty();
        assertThat(join.counts()).isEqualTo(new LabelCounts(2, 2, 0, 0));
    }

    @Test
    void forgetsTheOldestLabelsThatWaitAndTheOldestPlaces() {
        for (int i = 0; i < 5; i++) {
            join.labelled("label " + i, "ant", "", -1, -1);
            join.answered("answer " + i, "requests", 0, i);
        }
        assertThat(join.counts()).isEqualTo(new LabelCounts(5, 0, 2, 3));

        assertThat(join.labelled("answer 1", "ant", "", -1, -1)).isEmpty();
        assertThat(join.labelled("answer 2", "ant", "", -1, -1)).isPresent();
        assertThat(join.answered("label 2", "requests", 0, 9))
                .as("it made room for the label of answer 1")
                .isEmpty();
        assertThat(join.answered("label 3", "requests", 0, 9)).isPresent();
        assertThat(join.counts()).isEqualTo(new LabelCounts(7, 0, 3, 2));
        assertThatThrownBy(() -> new LabelledRequests(CLASSES, 0)).hasMessage("remembered: 0 (expected: at least 1)");
    }

    /** What happens to a request: it is answered, or gets this label, which says where it is or does not. */
    private record Happening(int request, boolean answer, int label, boolean placed) {}

    @Test
    void inWhicheverOrderAndHoweverOftenTheyComeEveryRequestIsGivenOutWithItsLastLabel() {
        long seed = System.nanoTime();
        System.out.println("seed of the orders: " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            int requests = 1 + random.nextInt(20);
            LabelledRequests all = new LabelledRequests(CLASSES, requests);
            Map<Integer, Integer> expected = new HashMap<>();
            List<Boolean> answered = new ArrayList<>(Collections.nCopies(requests, false));
            List<Boolean> placed = new ArrayList<>(Collections.nCopies(requests, false));
            Map<String, LabelledRequest> given = new HashMap<>();
            for (Happening next : happenings(random, requests)) {
                String id = "r" + next.request();
                Optional<LabelledRequest> found;
                if (next.answer()) {
                    answered.set(next.request(), true);
                    found = all.answered(id, "requests", next.request() % 3, next.request());
                } else {
                    expected.put(next.request(), next.label());
                    placed.set(next.request(), next.placed());
                    found = all.labelled(
                            id,
                            CLASSES.get(next.label()),
                            next.placed() ? "requests" : "",
                            next.request() % 3,
                            next.request());
                }
                found.ifPresent(request -> given.put(id, request));
            }
            for (int request = 0; request < requests; request++) {
                Integer label = expected.get(request);
                String id = "r" + request;
                if (label != null && (answered.get(request) || placed.get(request))) {
                    assertThat(given.get(id))
                            .as("seed %d, round %d", seed, round)
                            .isEqualTo(new LabelledRequest(id, label, "requests", request % 3, request));
                } else if (label == null) {
                    assertThat(given).as("seed %d, round %d", seed, round).doesNotContainKey(id);
                }
            }
            assertThat(all.counts().unknown()).isZero();
        }
    }

    /** Answers and labels of all requests, some twice and more, some not at all, in any order. */
    private static List<Happening> happenings(Random random, int requests) {
        List<Happening> all = new ArrayList<>();
        for (int i = 0; i < 5 * requests; i++) {
            Happening next = new Happening(
                    random.nextInt(requests), random.nextInt(3) == 0, random.nextInt(3), random.nextInt(4) == 0);
            all.add(next);
            if (random.nextInt(4) == 0) {
                all.add(next);
            }
        }
        return all;
    }
}
