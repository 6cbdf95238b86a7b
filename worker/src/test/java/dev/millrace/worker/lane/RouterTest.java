package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.Split;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.lane.Turn.Route;
import dev.millrace.worker.lane.Turn.Wish;
import dev.millrace.worker.model.LiveModel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RouterTest {
    private final TrialScene scene = new TrialScene();

    @AfterEach
    void giveEveryLeaseBack() {
        assertThat(scene.leases()).isZero();
        scene.close();
    }

    @Test
    void leadsEachRequestToTheArmThatItsSplitTells() throws Exception {
        Trial trial = TrialScene.trial(TrialKind.CANARY, 2, 3_000);
        scene.load(1);
        scene.load(2);
        scene.follow(1, trial, 20);
        Split split = new Split(TrialScene.MODEL, trial);
        Map<RolloutArm, Integer> met = new HashMap<>();

        try (Turn turn = new Turn()) {
            for (int i = 0; i < 200; i++) {
                ImageRequest request = TrialScene.request("r" + i);
                ConsumerRecord<byte[], ByteBuffer> source = TrialScene.source(i, "k");
                Served served = served(turn, request, source);
                boolean challenger = split.toChallenger(new RequestTraits(request, source));
                assertThat(served.arm())
                        .as(request.getRequestId())
                        .isEqualTo(challenger ? RolloutArm.CHALLENGER : RolloutArm.CHAMPION);
                assertThat(served.spec().version()).isEqualTo(challenger ? 2 : 1);
                assertThat(served.epoch()).isEqualTo(20);
                met.merge(served.arm(), 1, Integer::sum);
            }
            assertThat(turn.batches()).hasSize(2);
        }

        assertThat(met).containsOnlyKeys(RolloutArm.CHAMPION, RolloutArm.CHALLENGER);
    }

    @Test
    void followsTheShareOfTheNewestDecision() throws Exception {
        scene.load(1);
        scene.load(2);
        scene.follow(1, TrialScene.trial(TrialKind.CANARY, 2, 0), 20);
        assertThat(arm(TrialScene.request("r"), "k")).isEqualTo(RolloutArm.CHAMPION);

        scene.follow(1, TrialScene.trial(TrialKind.CANARY, 2, Split.WHOLE), 21);
        assertThat(arm(TrialScene.request("r"), "k")).isEqualTo(RolloutArm.CHALLENGER);

        scene.follow(1, null, 22);
        assertThat(arm(TrialScene.request("r"), "k")).isEqualTo(RolloutArm.CHAMPION);
    }

    @Test
    void leadsWhatMeetsEveryConditionToTheChallengerWhateverTheShare() throws Exception {
        scene.load(1);
        scene.load(2);
        Map<String, String> conditions = Map.of("tag:country", "de", "header:beta", "yes");
        scene.follow(1, TrialScene.trial(TrialKind.CANARY, 2, 0, "", conditions), 20);
        ImageRequest german = TrialScene.request("r", null, Map.of("country", "de"));
        ConsumerRecord<byte[], ByteBuffer> beta = TrialScene.source(0, "k");
        beta.headers().add("beta", "no".getBytes(StandardCharsets.UTF_8));
        beta.headers().add("beta", "yes".getBytes(StandardCharsets.UTF_8));

        try (Turn turn = new Turn()) {
            assertThat(served(turn, german, beta).arm()).isEqualTo(RolloutArm.CHALLENGER);
            assertThat(served(turn, german, TrialScene.source(1, "k")).arm()).isEqualTo(RolloutArm.CHAMPION);
            assertThat(served(turn, TrialScene.request("r"), beta).arm()).isEqualTo(RolloutArm.CHAMPION);
        }
    }

    @Test
    void leadsOneKeyOneWayWhereTheKeyChooses() throws Exception {
        scene.load(1);
        scene.load(2);
        scene.follow(1, TrialScene.trial(TrialKind.CANARY, 2, 5_000, "key", Map.of()), 20);

        for (int key = 0; key < 20; key++) {
            RolloutArm first = arm(TrialScene.request("a" + key), "camera-" + key);
            assertThat(arm(TrialScene.request("b" + key), "camera-" + key)).isEqualTo(first);
        }
    }

    @Test
    void letsTheChampionAnswerForAChallengerThatIsNotLoaded() throws Exception {
        scene.load(1);
        scene.follow(1, TrialScene.trial(TrialKind.CANARY, 2, Split.WHOLE), 20);

        assertThat(arm(TrialScene.request("r"), "k")).isEqualTo(RolloutArm.CHAMPION);
    }

    @Test
    void keepsWhatPinsAVersionOutOfEveryTrial() throws Exception {
        scene.load(1);
        scene.load(2);
        scene.load(3);
        scene.follow(1, TrialScene.trial(TrialKind.CANARY, 2, Split.WHOLE), 20);
        for (int pinned = 1; pinned <= 3; pinned++) {
            try (Turn turn = new Turn()) {
                Served served = served(turn, TrialScene.request("r", pinned, Map.of()), TrialScene.source(0, "k"));
                assertThat(served.spec().version()).isEqualTo(pinned);
                assertThat(served.arm()).isEqualTo(RolloutArm.PINNED);
                assertThat(served.epoch()).isNull();
            }
        }

        scene.follow(1, TrialScene.trial(TrialKind.SHADOW, 2, Split.WHOLE), 21);
        assertThat(scene.router.onlooker(TrialScene.request("r", 1, Map.of()), TrialScene.source(0, "k")))
                .isNull();
    }

    @Test
    void answersTheChampionsRequestsAndThoseThatPinItInOneBatch() throws Exception {
        scene.load(1);
        scene.follow(1, null, 20);
        try (Turn turn = new Turn()) {
            Route planned = Objects.requireNonNull(
                    scene.router.route(turn, TrialScene.request("a"), TrialScene.source(0, "k")));
            Route pinned = Objects.requireNonNull(
                    scene.router.route(turn, TrialScene.request("b", 1, Map.of()), TrialScene.source(1, "k")));

            assertThat(pinned.batch()).isSameAs(planned.batch());
            assertThat(scene.leases()).isEqualTo(1);
        }
    }

    @Test
    void hasNoWayToWhatIsRetiredOrUnknownAndSaysWhatThereIs() throws Exception {
        scene.load(1);
        scene.load(2);
        scene.follow(2, null, 20);
        scene.models.retire(TrialScene.MODEL, 1);
        ImageRequest pinned = TrialScene.request("r", 1, Map.of());
        ImageRequest other = TrialScene.request("r");
        other.setModel("other");
        try (Turn turn = new Turn()) {
            assertThat(scene.router.route(turn, pinned, TrialScene.source(0, "k")))
                    .isNull();
            assertThat(scene.router.route(turn, other, TrialScene.source(0, "k")))
                    .isNull();
        }

        assertThat(scene.router.unknown(pinned)).isEqualTo("model: m v1 (expected: one of [m v2])");
        assertThat(scene.router.unknown(other)).isEqualTo("model: other (expected: one of [m v2])");
    }

    @Test
    void keepsARetiredVersionOpenUntilTheTurnThatUsesItEnds() throws Exception {
        scene.load(1);
        scene.follow(1, null, 20);
        LiveModel version = scene.models.versions().get(0);
        try (Turn turn = new Turn()) {
            served(turn, TrialScene.request("a"), TrialScene.source(0, "k"));
            scene.models.retire(TrialScene.MODEL, 1);

            assertThat(served(turn, TrialScene.request("b"), TrialScene.source(1, "k"))
                            .spec()
                            .version())
                    .isEqualTo(1);
            assertThat(version.isClosed()).isFalse();
        }

        assertThat(version.isClosed()).isTrue();
    }

    @Test
    void alwaysFindsAChampionWhileOneTakesThePlaceOfAnother() throws Exception {
        scene.load(1);
        scene.follow(1, null, 1);
        CompletableFuture<Void> swapping = CompletableFuture.runAsync(() -> {
            for (int version = 2; version <= 100; version++) {
                try {
                    scene.load(version);
                } catch (Exception e) {
                    throw new CompletionException(e);
                }
                scene.follow(version, null, version);
                scene.models.retire(TrialScene.MODEL, version - 1);
            }
        });
        do {
            try (Turn turn = new Turn()) {
                assertThat(scene.router.route(turn, TrialScene.request("r"), TrialScene.source(0, "k")))
                        .isNotNull();
            }
        } while (!swapping.isDone());

        swapping.join();
    }

    @Test
    void showsAnOnlookerWhatItsSplitTellsAndAnswersAllOfItByTheChampion() throws Exception {
        Trial trial = TrialScene.trial(TrialKind.SHADOW, 2, 5_000);
        scene.load(1);
        scene.load(2);
        scene.follow(1, trial, 20);
        Split split = new Split(TrialScene.MODEL, trial);
        Wish look = new Wish(TrialScene.MODEL, 2, RolloutArm.SHADOW, 20L);

        for (int i = 0; i < 100; i++) {
            ImageRequest request = TrialScene.request("r" + i);
            ConsumerRecord<byte[], ByteBuffer> source = TrialScene.source(i, "k");
            boolean seen = split.toChallenger(new RequestTraits(request, source));
            assertThat(scene.router.onlooker(request, source)).isEqualTo(seen ? look : null);
            assertThat(arm(request, "k")).isEqualTo(RolloutArm.CHAMPION);
        }
    }

    @Test
    void showsNothingToAChallengerThatAnswers() throws Exception {
        scene.load(1);
        scene.load(2);
        scene.follow(1, TrialScene.trial(TrialKind.CANARY, 2, Split.WHOLE), 20);

        assertThat(scene.router.onlooker(TrialScene.request("r"), TrialScene.source(0, "k")))
                .isNull();
    }

    private RolloutArm arm(ImageRequest request, String key) {
        try (Turn turn = new Turn()) {
            return served(turn, request, TrialScene.source(0, key)).arm();
        }
    }

    private Served served(Turn turn, ImageRequest request, ConsumerRecord<byte[], ByteBuffer> source) {
        return Objects.requireNonNull(scene.router.route(turn, request, source)).served();
    }
}
