package dev.millrace.trainer.judge;

import static dev.millrace.trainer.judge.Results.canary;
import static dev.millrace.trainer.judge.Results.failed;
import static dev.millrace.trainer.judge.Results.ok;
import static dev.millrace.trainer.judge.Results.result;
import static dev.millrace.trainer.judge.Results.shadow;
import static dev.millrace.trainer.judge.Results.truth;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.schemas.DetectedBox;
import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.LabelMap;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class WindowTest {
    private final Window window = new Window(canary(1_000, 1_000, 5_000).step(), 1_000);

    @Test
    void countsWhatEachVersionAnsweredAndWhatItFailed() {
        window.add(ok(1, RolloutArm.CHAMPION, "a"));
        window.add(ok(2, RolloutArm.CHALLENGER, "a"));
        window.add(failed(3, RolloutArm.CHALLENGER));

        Evidence seen = window.seen();
        assertThat(seen.champion().results()).isEqualTo(1);
        assertThat(seen.challenger().results()).isEqualTo(2);
        assertThat(seen.challenger().failed()).isEqualTo(1);
        assertThat(seen.challenger().confidence()).isCloseTo(0.75, within(1e-6));
        assertThat(seen.challenger().runs())
                .as("four images share a session run")
                .isEqualTo(0.25);
        assertThat(seen.champion().quantile(0.5))
                .as("decode, batch and infer; not the queue")
                .isCloseTo(1_000, within(1.0));
    }

    @Test
    void takesTheBestBoxForADetectorsConfidenceAndNoneForNothing() {
        window.add(boxes(1, RolloutArm.CHAMPION, Map.of("car", 2)));
        window.add(boxes(2, RolloutArm.CHAMPION, Map.of()));
        window.add(truth(1, "car"));

        Arm champion = window.seen().champion();
        assertThat(champion.results()).isEqualTo(2);
        assertThat(champion.comparable()).isEqualTo(2);
        assertThat(champion.ranked()).isEqualTo(2);
        assertThat(champion.confidence()).as("a sum").isEqualTo(1.0);
        assertThat(champion.labelled()).as("boxes are no label").isZero();
        assertThat(champion.quantile(0.5)).isCloseTo(1_000, within(1.0));
        assertThat(window.seen().forgotten()).isZero();
    }

    @Test
    void countsMapsWithoutConfidenceAndEmbeddingsForNeither() {
        InferenceResult map = boxes(1, RolloutArm.CHAMPION, Map.of("road", 12));
        map.setBoxes(List.of());
        map.setMask(new LabelMap(4, 3, List.of("road"), ByteBuffer.allocate(0)));
        InferenceResult vector = boxes(2, RolloutArm.CHALLENGER, Map.of());
        vector.setEmbedding(List.of(0.6f, 0.8f));
        window.add(map);
        window.add(vector);

        assertThat(window.seen().champion().comparable()).isEqualTo(1);
        assertThat(window.seen().champion().ranked()).isZero();
        assertThat(window.seen().challenger().results()).isEqualTo(1);
        assertThat(window.seen().challenger().comparable()).isZero();
        assertThat(window.seen().challenger().ranked()).isZero();
    }

    @Test
    void aShadowsCountsAgreeAsFarAsBothCountTheSame() {
        Window pairs = new Window(shadow().step(), 1_000);
        List<Map<String, Integer>> champion =
                List.of(Map.of("car", 2), Map.of("car", 3, "person", 1), Map.of(), Map.of("car", 1));
        List<Map<String, Integer>> shadow =
                List.of(Map.of("car", 2), Map.of("car", 1, "person", 3), Map.of(), Map.of("person", 1));
        for (int i = 0; i < champion.size(); i++) {
            pairs.add(boxes(i, RolloutArm.CHAMPION, champion.get(i)));
            pairs.add(boxes(i, RolloutArm.SHADOW, shadow.get(i)));
        }

        assertThat(pairs.seen().pairs())
                .as("all, half, nothing in both, none")
                .isEqualTo(new Pairs(4, 1 + 0.5 + 1 + 0, 0, 0, 0));
    }

    private static InferenceResult boxes(long offset, RolloutArm arm, Map<String, Integer> counts) {
        InferenceResult result = ok(offset, arm, "");
        result.setLabels(List.of());
        List<DetectedBox> boxes = new ArrayList<>();
        counts.forEach((label, count) -> {
            for (int i = 0; i < count; i++) {
                boxes.add(new DetectedBox(0, label, i == 0 ? 1f : 0.5f, 0f, 0f, 1f, 1f));
            }
        });
        result.setBoxes(boxes);
        result.setCounts(counts);
        return result;
    }

    @Test
    void passesOverWhatIsNoEvidenceOfTheStep() {
        InferenceResult before = ok(1, RolloutArm.CHALLENGER, "a");
        before.setCompletedAt(Results.STEPPED.minusMillis(1));
        InferenceResult otherModel = ok(2, RolloutArm.CHALLENGER, "a");
        otherModel.setModel("n");
        InferenceResult otherVersion = ok(3, RolloutArm.CHALLENGER, "a");
        otherVersion.setVersion(3);
        InferenceResult nobodys = failed(4, RolloutArm.NONE);
        nobodys.setVersion(null);
        List.of(
                        before,
                        otherModel,
                        otherVersion,
                        nobodys,
                        ok(5, RolloutArm.PINNED, "a"),
                        ok(6, RolloutArm.SHADOW, "a"),
                        result(7, RolloutArm.CHALLENGER, ResultStatus.REJECTED, ""),
                        result(8, RolloutArm.CHAMPION, ResultStatus.EXPIRED, ""))
                .forEach(window::add);

        assertThat(window.seen()).isEqualTo(new Window(canary(1_000).step(), 1).seen());
    }

    @Test
    void countsEachSourceRecordOnce() {
        for (long offset : new long[] {7, 8, 7, 65_536 + 7, 8, 7}) {
            window.add(ok(offset, RolloutArm.CHAMPION, "a"));
        }
        InferenceResult otherPartition = ok(7, RolloutArm.CHAMPION, "a");
        otherPartition.setSourcePartition(1);
        window.add(otherPartition);

        assertThat(window.seen().champion().results()).isEqualTo(4);
    }

    @Test
    void joinsLabelsThatComeBeforeOrAfterTheirResultsAndTheLastOneCounts() {
        window.add(truth(1, "a"));
        window.add(ok(1, RolloutArm.CHAMPION, "a"));
        window.add(ok(2, RolloutArm.CHALLENGER, "b"));
        window.add(truth(2, "a"));
        window.add(truth(3, "nobody asked"));
        assertThat(window.seen().champion().right()).isEqualTo(1);
        assertThat(window.seen().challenger().labelled()).isEqualTo(1);
        assertThat(window.seen().challenger().right()).isZero();

        window.add(truth(2, "b"));
        window.add(truth(1, "c"));

        assertThat(window.seen().challenger().labelled()).isEqualTo(1);
        assertThat(window.seen().challenger().right()).isEqualTo(1);
        assertThat(window.seen().champion().labelled()).isEqualTo(1);
        assertThat(window.seen().champion().right()).isZero();
    }

    @Test
    void pairsAShadowsAnswersWithTheChampions() {
        Window pairs = new Window(shadow().step(), 1_000);
        for (long offset = 0; offset < 6; offset++) {
            pairs.add(ok(offset, RolloutArm.CHAMPION, offset < 4 ? "a" : "b"));
            pairs.add(ok(offset, RolloutArm.SHADOW, offset < 3 ? "a" : "b"));
            pairs.add(ok(offset, RolloutArm.SHADOW, "a"));
        }
        pairs.add(ok(6, RolloutArm.CHAMPION, "a"));
        pairs.add(ok(7, RolloutArm.CHALLENGER, "a"));
        for (long offset : new long[] {0, 3, 4, 6}) {
            pairs.add(truth(offset, "a"));
        }

        assertThat(pairs.seen().pairs())
                .as("they differ on request 3 alone, where the champion is right")
                .isEqualTo(new Pairs(6, 5, 3, 1, 0));
        assertThat(pairs.seen().challenger().results()).isEqualTo(6);
    }

    @Test
    void forgetsTheOldestThatWaitKeepsWhatIsCountedAndCountsWhatLabelsCameTooLateFor() {
        Window small = new Window(canary(1_000).step(), 2);
        small.add(truth(1, "a"));
        small.add(ok(1, RolloutArm.CHAMPION, "a"));
        small.add(ok(2, RolloutArm.CHAMPION, "a"));
        small.add(ok(3, RolloutArm.CHAMPION, "a"));
        small.add(truth(1, "b"));
        small.add(truth(3, "a"));

        assertThat(small.seen().champion().results()).isEqualTo(3);
        assertThat(small.seen().champion().labelled()).isEqualTo(2);
        assertThat(small.seen().champion().right()).isEqualTo(2);
        assertThat(small.seen().forgotten())
                .as("request 2; request 1 had its label")
                .isEqualTo(1);
    }

    @Test
    void isTheSameWhicheverTopicIsReadFirst() {
        List<SpecificRecord> results = new ArrayList<>();
        List<SpecificRecord> labels = new ArrayList<>();
        for (long offset = 0; offset < 200; offset++) {
            RolloutArm arm = offset % 10 == 0 ? RolloutArm.CHALLENGER : RolloutArm.CHAMPION;
            results.add(offset % 17 == 0 ? failed(offset, arm) : ok(offset, arm, "l" + offset % 3));
            labels.add(truth(offset, "l" + offset % 4));
        }
        List<SpecificRecord> resultsFirst = new ArrayList<>(results);
        resultsFirst.addAll(labels);
        List<SpecificRecord> labelsFirst = new ArrayList<>(labels);
        labelsFirst.addAll(results);

        assertThat(after(resultsFirst)).isEqualTo(after(labelsFirst));
        assertThat(after(resultsFirst).challenger().labelled()).isEqualTo(18);
    }

    private static Evidence after(List<SpecificRecord> records) {
        Window window = new Window(canary(1_000).step(), 1_000);
        for (SpecificRecord record : records) {
            if (record instanceof Feedback feedback) {
                window.add(feedback);
            } else {
                window.add((InferenceResult) record);
            }
        }
        return window.seen();
    }
}
