package dev.millrace.trainer.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Entry;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.trainer.rollout.TrialCommand.Choice;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrialCommandTest {
    private static final Map<String, Double> FIGURES = Map.of("champion.errors", 0.01);

    private RegistryState state = RegistryState.EMPTY;
    private Instant now = Instant.parse("2026-11-26T10:00:00Z");
    private long offset;

    @BeforeEach
    void publishThreeVersions() {
        for (int version = 1; version <= 3; version++) {
            Map<ControlKey, Entry> next = new HashMap<>(state.entries());
            next.put(
                    new ControlKey.Model("m", version),
                    new Entry(offset++, new ModelVersion(ByteBuffer.allocate(0), "key", ByteBuffer.allocate(0))));
            state = new RegistryState(next);
            apply(RolloutCommand.published(state, "m", version, false, stamp()));
        }
    }

    @Test
    void beginsACanaryAtItsFirstShare() throws Exception {
        Change change = decide(canary(2, 100, 1_000, 5_000));

        Trial trial = trial();
        assertThat(trial.getChallenger()).isEqualTo(2);
        assertThat(trial.getKind()).isEqualTo(TrialKind.CANARY);
        assertThat(trial.getShare()).isEqualTo(100);
        assertThat(trial.getHoldMs()).isEqualTo(120_000);
        assertThat(trial.getSteppedAt()).isEqualTo(now);
        assertThat(rollout().getChampion()).isEqualTo(1);
        assertThat(change.event().getAction()).isEqualTo(RolloutAction.CANARY_BEGUN);
        assertThat(change.event().getShare()).isEqualTo(100);
    }

    @Test
    void goesFromStepToStepAndNoFurtherThanTheLast() throws Exception {
        decide(canary(2, 100, 1_000));
        now = now.plusSeconds(60);

        Change change = decide(new TrialCommand.Step("m", epoch(), FIGURES));

        assertThat(trial().getShare()).isEqualTo(1_000);
        assertThat(trial().getSteppedAt()).isEqualTo(now);
        assertThat(change.event().getFigures()).isEqualTo(FIGURES);
        assertThatThrownBy(() -> decide(new TrialCommand.Advance("m")))
                .hasMessage("share: 10%, the last step (expected: promote version 2)");
    }

    @Test
    void refusesWhatWasDecidedOnThingsAsTheyAreNoMore() throws Exception {
        decide(canary(2, 100, 1_000));
        long judged = epoch();
        // The same challenger at the same share, but begun anew: nothing has been seen of it.
        decide(canary(2, 100, 1_000));

        for (RolloutCommand late : List.of(
                admit(judged),
                new TrialCommand.Step("m", judged, FIGURES),
                new TrialCommand.Accept("m", judged, FIGURES),
                new TrialCommand.Reject("m", judged, FIGURES))) {
            assertThatThrownBy(() -> decide(late))
                    .hasMessage("epoch: %d of m (expected: %d, on which this was decided)", epoch(), judged);
        }
        long running = epoch();
        decide(new TrialCommand.Pause("m"));
        assertThatThrownBy(() -> decide(new TrialCommand.Reject("m", running, FIGURES)))
                .hasMessageStartingWith("epoch: ");
    }

    @Test
    void letsAShadowAnswerTheFirstShareOfTheRequestsThatItWasChosenBy() throws Exception {
        Choice choice = new Choice("tag:user", Map.of("tag:country", "de"));
        decide(new TrialCommand.Shadow("m", VersionName.of(2), 2_000, choice));
        now = now.plusSeconds(60);

        Change change = decide(admit(epoch()));

        assertThat(trial())
                .isEqualTo(new Trial(
                        2,
                        TrialKind.CANARY,
                        100,
                        List.of(100, 5_000),
                        90_000L,
                        now,
                        false,
                        "tag:user",
                        Map.of("tag:country", "de")));
        assertThat(rollout().getChampion()).isEqualTo(1);
        assertThat(change.event().getAction()).isEqualTo(RolloutAction.CANARY_BEGUN);
        assertThat(change.event().getVersion()).isEqualTo(2);
        assertThat(change.event().getShare()).isEqualTo(100);
        assertThat(change.event().getFigures()).isEqualTo(FIGURES);
    }

    private static TrialCommand.Admit admit(long epoch, Integer... steps) {
        return new TrialCommand.Admit(
                "m", epoch, steps.length == 0 ? List.of(100, 5_000) : List.of(steps), Duration.ofSeconds(90), FIGURES);
    }

    @Test
    void acceptsAChallengerAsChampionAndCanGoBackToTheOneBefore() throws Exception {
        decide(canary(2, 100));

        Change change = decide(new TrialCommand.Accept("m", epoch(), FIGURES));

        assertThat(rollout().getChampion()).isEqualTo(2);
        assertThat(rollout().getPrevious()).isEqualTo(1);
        assertThat(rollout().getTrial()).isNull();
        assertThat(change.event().getAction()).isEqualTo(RolloutAction.PROMOTED);
        decide(new RolloutCommand.Rollback("m", null));
        assertThat(rollout().getChampion()).isEqualTo(1);
    }

    @Test
    void rollsATrialBackFirstAndTheChampionOnlyAfterIt() throws Exception {
        decide(new RolloutCommand.Promote("m", VersionName.of(2)));
        decide(canary(3, 100));

        Change change = decide(new RolloutCommand.Rollback("m", null));
        assertThat(change.event().getVersion()).isEqualTo(3);
        assertThat(rollout().getTrial()).isNull();
        assertThat(rollout().getChampion()).isEqualTo(2);

        decide(new RolloutCommand.Rollback("m", null));
        assertThat(rollout().getChampion()).isEqualTo(1);
    }

    @Test
    void endsATrialWithAPromotionOfWhomever() throws Exception {
        decide(canary(2, 100));
        decide(new RolloutCommand.Promote("m", VersionName.of(3)));
        assertThat(rollout().getTrial()).isNull();
        assertThat(rollout().getChampion()).isEqualTo(3);
    }

    @Test
    void takesOneChallengerAtATimeAndNeverTheChampion() throws Exception {
        assertThatThrownBy(() -> decide(canary(1, 100)))
                .hasMessage("version: 1, which answers (expected: another one to try beside it)");
        decide(new TrialCommand.Shadow("m", VersionName.of(2), 2_000, Choice.BY_REQUEST));
        assertThatThrownBy(() -> decide(canary(3, 100)))
                .hasMessage("version: 3, while 2 is on trial (expected: one at a time; promote that one or roll it"
                        + " back first)");
        assertThatThrownBy(() -> decide(new RolloutCommand.Retire("m", VersionName.of(2))))
                .hasMessage("version: 2, which is on trial (expected: another one; roll it back first)");

        decide(canary(2, 100));

        assertThat(trial().getKind()).isEqualTo(TrialKind.CANARY);
        assertThat(new VersionName("challenger").in(state, "m")).isEqualTo(2);
    }

    @Test
    void pausesAndResumesOnlyWhatRunsAndWhatIsPaused() throws Exception {
        assertThatThrownBy(() -> decide(new TrialCommand.Pause("m")))
                .hasMessageStartingWith("trial: m has none (expected: a challenger");
        decide(canary(2, 100));
        assertThatThrownBy(() -> decide(new TrialCommand.Resume("m")))
                .hasMessage("trial: running already (expected: paused)");
        decide(new TrialCommand.Pause("m"));
        assertThat(trial().getPaused()).isTrue();
        decide(new TrialCommand.Resume("m"));
        assertThat(trial().getPaused()).isFalse();
    }

    @Test
    void refusesStepsThatDoNotGrowAndSharesThatAreNone() {
        assertThatThrownBy(() -> canary(2, 1_000, 1_000))
                .hasMessage("steps: [10%, 10%] (expected: each larger than the one before)");
        assertThatThrownBy(() -> admit(0, 5_000, 100))
                .hasMessage("steps: [50%, 1%] (expected: each larger than the one before)");
        assertThatThrownBy(() -> canary(2)).hasMessage("steps: 0 of them (expected: 1 to 100)");
        assertThatThrownBy(() -> canary(2, 10_001)).hasMessage("share: 100.01% (expected: 0.01% to 100%)");
        assertThatThrownBy(() -> new Choice("user", Map.of()))
                .hasMessage("place: user (expected: tag:NAME or header:NAME)");
    }

    @Test
    void writesSharesAsPeopleDo() {
        assertThat(List.of(1, 10, 50, 100, 1_050, 10_000))
                .extracting(TrialCommand::percent)
                .containsExactly("0.01%", "0.1%", "0.5%", "1%", "10.5%", "100%");
    }

    @Test
    void keepsTheTrialWhenAVersionIsPublishedOrNamedMeanwhile() throws Exception {
        decide(canary(2, 100));
        decide(new RolloutCommand.Alias("m", "stable", VersionName.of(1)));
        decide(new RolloutCommand.Keep("m", 2, List.of(new VersionName("stable"))));
        apply(RolloutCommand.published(state, "m", 4, false, stamp()));

        assertThat(trial().getChallenger()).isEqualTo(2);
        assertThat(new VersionName("stable").in(state, "m")).isEqualTo(1);
        assertThat(rollout().getKeepLatest()).isEqualTo(2);
        assertThat(rollout().getKeepVersions()).containsExactly(1);
    }

    @Test
    void forgetsTheNamesOfAVersionThatIsRetired() throws Exception {
        decide(new RolloutCommand.Alias("m", "old", VersionName.of(2)));
        decide(new RolloutCommand.Keep("m", 0, List.of(VersionName.of(2), VersionName.of(3))));

        decide(new RolloutCommand.Retire("m", new VersionName("old")));

        assertThat(rollout().getAliases()).isEmpty();
        assertThat(rollout().getKeepVersions()).containsExactly(3);
        assertThatThrownBy(() -> new VersionName("old").in(state, "m"))
                .hasMessage("version: old, which m has none of (expected: one of [1, 3])");
    }

    @Test
    void refusesAliasesThatMeanSomethingElse() {
        for (String alias : new String[] {"champion", "latest", "7", "A", "", "-x"}) {
            assertThatThrownBy(() -> new RolloutCommand.Alias("m", alias, VersionName.of(1)))
                    .hasMessageStartingWith("alias: " + alias + " (expected: 1 to 50 lower-case letters");
        }
        assertThatThrownBy(() -> decide(new RolloutCommand.Alias("m", "nobody", null)))
                .hasMessage("alias: nobody, which m has none of (expected: one of [])");
    }

    private static TrialCommand.Canary canary(int version, Integer... steps) {
        return new TrialCommand.Canary(
                "m", VersionName.of(version), List.of(steps), Duration.ofMinutes(2), Choice.BY_REQUEST);
    }

    private Stamp stamp() {
        return new Stamp(now, "ann@host", "because");
    }

    private Change decide(RolloutCommand command) throws RolloutRefusedException {
        Change change = command.decide(state, stamp());
        apply(change);
        return change;
    }

    private void apply(Change change) {
        Map<ControlKey, Entry> next = new HashMap<>(state.entries());
        next.put(new ControlKey.RolloutOf("m"), new Entry(offset++, change.rollout()));
        change.retired().forEach(next::remove);
        state = new RegistryState(next);
    }

    private Rollout rollout() {
        return Objects.requireNonNull(state.decision("m")).rollout();
    }

    private long epoch() {
        return Objects.requireNonNull(state.decision("m")).epoch();
    }

    private Trial trial() {
        return Objects.requireNonNull(rollout().getTrial());
    }
}
