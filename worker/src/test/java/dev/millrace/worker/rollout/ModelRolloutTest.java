package dev.millrace.worker.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ModelRole;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.worker.serving.ServingPlan;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModelRolloutTest {
    /** What the effects have led to, checked at every step. */
    private static final class Machine {
        private final Set<Integer> loaded = new HashSet<>();
        private final List<Effect.Prepare> orders = new ArrayList<>();
        private @Nullable ModelRollout rollout;
        private @Nullable ServingPlan plan;

        void decide(Decision decision) {
            Wanted wanted = Wanted.of(decision, RegistryState.EMPTY);
            take(rollout == null ? ModelRollout.begin(wanted) : rollout.on(new Progress.Decided(wanted)));
        }

        void prepared(Effect.Prepare order) {
            orders.remove(order);
            assertThat(loaded.add(order.version()))
                    .as("version %d loaded twice", order.version())
                    .isTrue();
            take(rollout().on(new Progress.Prepared(order.version(), order.epoch(), "sha")));
        }

        void failed(Effect.Prepare order, String reason) {
            orders.remove(order);
            take(rollout().on(new Progress.Failed(order.version(), order.epoch(), "", reason)));
        }

        private void take(ModelRollout.Step step) {
            rollout = step.state();
            for (Effect effect : step.effects()) {
                if (effect instanceof Effect.Prepare prepare) {
                    orders.add(prepare);
                } else if (effect instanceof Effect.Follow follow) {
                    plan = follow.plan();
                    assertThat(loaded).as("what the lanes follow is loaded").containsAll(followed());
                } else if (effect instanceof Effect.Retire retire) {
                    assertThat(followed()).as("what is retired is not followed").doesNotContain(retire.version());
                    assertThat(loaded.remove(retire.version())).isTrue();
                }
            }
        }

        private Set<Integer> followed() {
            Set<Integer> followed = new HashSet<>();
            if (plan != null) {
                followed.add(plan.champion());
                Trial trial = plan.trial();
                if (trial != null) {
                    followed.add(trial.getChallenger());
                }
            }
            return followed;
        }

        ModelRollout rollout() {
            return Objects.requireNonNull(rollout);
        }

        Effect.Prepare order(int version) {
            return orders.stream()
                    .filter(order -> order.version() == version)
                    .findFirst()
                    .orElseThrow();
        }

        String statuses() {
            return rollout().statuses().stream()
                    .map(status -> status.getVersion() + " " + status.getRole() + " " + status.getState())
                    .collect(Collectors.joining(", "));
        }
    }

    private final Machine machine = new Machine();

    @Test
    void answersWithTheFirstChampionOnceItIsWarm() {
        machine.decide(decision(10, 1, null));
        assertThat(machine.plan).isNull();
        assertThat(machine.statuses()).isEqualTo("1 CHAMPION PREPARING");

        machine.prepared(machine.order(1));

        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 1, null, 10));
        assertThat(machine.statuses()).isEqualTo("1 CHAMPION LIVE");
    }

    @Test
    void letsTheChampionBeforeAnswerUntilTheNextIsWarmAndRetiresItThen() {
        live(1);
        machine.decide(decision(20, 2, null));
        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 1, null, 10));

        machine.prepared(machine.order(2));

        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 2, null, 20));
        assertThat(machine.loaded).containsExactly(2);
    }

    @Test
    void goesOnWithTheChampionBeforeWhenTheNextIsRefusedAndSaysWhy() {
        live(1);
        machine.decide(decision(20, 2, null));

        machine.failed(machine.order(2), "slow");

        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 1, null, 10));
        assertThat(machine.rollout().statuses())
                .containsExactly(new ModelStatus("m", 2, "", 20L, ModelState.REFUSED, "slow", ModelRole.CHAMPION));
        assertThat(machine.rollout().armsTried()).isTrue();
    }

    @Test
    void triesARefusedVersionAgainForANewerDecisionOnly() {
        live(1);
        machine.decide(decision(20, 2, null));
        machine.failed(machine.order(2), "slow");

        machine.decide(decision(20, 2, null));
        machine.decide(decision(15, 2, null));
        assertThat(machine.orders).isEmpty();

        machine.decide(decision(30, 2, null));
        assertThat(machine.orders).containsExactly(new Effect.Prepare(2, 30));
    }

    @Test
    void letsANewerDecisionSupersedeAndCleansUpWhatComesLate() {
        live(1);
        machine.decide(decision(20, 2, null));
        machine.decide(decision(30, 3, null));
        Effect.Prepare late = machine.order(2);
        machine.prepared(machine.order(3));
        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 3, null, 30));

        machine.prepared(late);

        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 3, null, 30));
        assertThat(machine.loaded).containsExactly(3);
        assertThat(machine.statuses()).isEqualTo("3 CHAMPION LIVE");
    }

    @Test
    void beginsAnewWhatFailedForAnOlderDecisionIfTheNewerWantsItToo() {
        live(1);
        machine.decide(decision(20, 2, null));
        machine.decide(decision(30, 2, null));

        machine.failed(machine.order(2), "not published");

        assertThat(machine.orders).containsExactly(new Effect.Prepare(2, 30));
    }

    @Test
    void givesTheChallengerItsShareOnlyWhenItIsWarm() {
        live(1);
        Trial trial = trial(2, 1_000);
        machine.decide(decision(20, 1, trial));
        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 1, null, 20));
        assertThat(machine.statuses()).isEqualTo("1 CHAMPION LIVE, 2 CHALLENGER PREPARING");
        assertThat(machine.rollout().armsTried()).isFalse();

        machine.prepared(machine.order(2));

        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 1, trial, 20));
    }

    @Test
    void doesNotWaitForAChallengerThatWaitsForSomethingAndSaysForWhat() {
        live(1);
        machine.decide(decision(20, 1, trial(2, 1_000)));

        machine.take(machine.rollout().on(new Progress.Waiting(2, 20, "server away")));

        assertThat(machine.rollout().armsTried()).isTrue();
        assertThat(machine.rollout().isMoving()).isFalse();
        assertThat(machine.rollout().statuses().get(1).getDetail()).isEqualTo("server away");
        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 1, null, 20));
    }

    @Test
    void letsNobodyTryAChallengerAgainstAnotherChampionThanItsOwn() {
        live(1);
        machine.decide(decision(20, 3, trial(2, 1_000)));
        machine.prepared(machine.order(2));

        machine.failed(machine.order(3), "slow");

        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 1, null, 10));
    }

    @Test
    void promotesAChallengerWithoutLoadingItAgain() {
        live(1);
        machine.decide(decision(20, 1, trial(2, 1_000)));
        machine.prepared(machine.order(2));

        machine.decide(decision(30, 2, null));

        assertThat(machine.orders).isEmpty();
        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 2, null, 30));
        assertThat(machine.loaded).containsExactly(2);
    }

    @Test
    void endsATrialAtOnceAndRetiresTheChallenger() {
        live(1);
        machine.decide(decision(20, 1, trial(2, 1_000)));
        machine.prepared(machine.order(2));

        machine.decide(decision(30, 1, null));

        assertThat(machine.plan).isEqualTo(new ServingPlan("m", 1, null, 30));
        assertThat(machine.loaded).containsExactly(1);
    }

    @Test
    void keepsVersionsLoadedForThoseWhoPinThem() {
        live(1);
        machine.decide(new Decision(rollout(2).setKeepVersions(List.of(1)).build(), 20));
        machine.prepared(machine.order(2));

        assertThat(machine.loaded).containsExactlyInAnyOrder(1, 2);
        assertThat(machine.statuses()).isEqualTo("2 CHAMPION LIVE, 1 KEPT LIVE");
    }

    @Test
    void endsInTheSameStateWhateverTheOrderOfWhatHappens() {
        long seed = System.nanoTime();
        for (int round = 0; round < 2_000; round++) {
            Random random = new Random(seed + round);
            Machine at = new Machine();
            Decision last = decision(0, 1, null);
            List<Decision> decisions = new ArrayList<>();
            for (int epoch = 1; epoch <= 8; epoch++) {
                int champion = 1 + random.nextInt(4);
                int challenger = 1 + random.nextInt(4);
                boolean tried = random.nextBoolean() && challenger != champion;
                decisions.add(decision(epoch, champion, tried ? trial(challenger, 1_000) : null));
                last = decisions.get(decisions.size() - 1);
            }
            at.decide(decisions.get(0));
            while (!decisions.isEmpty() || !at.orders.isEmpty()) {
                if (at.orders.isEmpty() || (!decisions.isEmpty() && random.nextBoolean())) {
                    Decision next = decisions.remove(0);
                    at.decide(next);
                    // Replayed, and out of order.
                    at.decide(decision(random.nextInt((int) next.epoch() + 1), 4, null));
                } else {
                    Effect.Prepare order = at.orders.get(random.nextInt(at.orders.size()));
                    // Version 4 is never to be had.
                    if (order.version() == 4) {
                        at.failed(order, "bad");
                    } else {
                        at.prepared(order);
                    }
                }
            }
            Set<Integer> wanted = Wanted.of(last, RegistryState.EMPTY).roles().keySet();
            Set<Integer> expected = new HashSet<>(wanted);
            expected.remove(4);
            ServingPlan plan = at.plan;
            if (plan != null) {
                expected.add(plan.champion());
                Trial wantedTrial = last.rollout().getTrial();
                boolean asDecided = last.rollout().getChampion() != 4;
                boolean tried = asDecided && wantedTrial != null && wantedTrial.getChallenger() != 4;
                assertThat(plan.trial()).as("seed %d", seed + round).isEqualTo(tried ? wantedTrial : null);
                if (asDecided) {
                    assertThat(plan.epoch()).as("seed %d", seed + round).isEqualTo(last.epoch());
                }
                if (last.rollout().getChampion() != 4) {
                    assertThat(plan.champion())
                            .as("seed %d", seed + round)
                            .isEqualTo(last.rollout().getChampion());
                }
            }
            assertThat(at.loaded).as("seed %d", seed + round).isEqualTo(expected);
        }
    }

    private void live(int version) {
        machine.decide(decision(10, version, null));
        machine.prepared(machine.order(version));
    }

    private static Decision decision(long epoch, int champion, @Nullable Trial trial) {
        return new Decision(rollout(champion).setTrial(trial).build(), epoch);
    }

    private static Rollout.Builder rollout(int champion) {
        return Rollout.newBuilder()
                .setModel("m")
                .setChampion(champion)
                .setDecidedAt(Instant.EPOCH)
                .setDecidedBy("test");
    }

    private static Trial trial(int challenger, int share) {
        return new Trial(challenger, TrialKind.CANARY, share, List.of(share), 0L, Instant.EPOCH, false, "", Map.of());
    }
}
