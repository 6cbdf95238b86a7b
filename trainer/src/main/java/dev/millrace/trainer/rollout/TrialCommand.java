package dev.millrace.trainer.rollout;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.Split;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What somebody wants of a challenger. Shares are of {@link Split#WHOLE}. */
public sealed interface TrialCommand extends RolloutCommand {
    /** A trial goes through as many steps at most. */
    int MOST_STEPS = 100;

    /**
     * Which requests the challenger gets, as {@link Split} reads it.
     *
     * @param sticky what chooses the arm; empty: the request id
     * @param conditions what sends a request to the challenger whatever the share; empty: nothing does
     */
    record Choice(String sticky, Map<String, String> conditions) {
        /** By the request id alone. */
        public static final Choice BY_REQUEST = new Choice("", Map.of());

        /** Checks the places. */
        public Choice {
            Split.requireSticky(sticky);
            conditions.keySet().forEach(Split::requirePlace);
            conditions = Map.copyOf(conditions);
        }
    }

    /** Lets a version see copies of a share of the requests; its answers go to the shadow results. */
    record Shadow(String model, VersionName version, int share, Choice choice) implements TrialCommand {
        /** Checks the share. */
        public Shadow {
            requireShare(share);
        }

        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            int challenger = challenger(version, next, state);
            Trial trial = new Trial(
                    challenger,
                    TrialKind.SHADOW,
                    share,
                    List.of(share),
                    0L,
                    stamp.at(),
                    false,
                    choice.sticky(),
                    choice.conditions());
            return next.trial(trial).as(RolloutAction.SHADOWED, challenger);
        }
    }

    /**
     * Lets a version answer the first of these shares.
     *
     * @param steps ascending
     * @param hold how long each is kept at least
     */
    record Canary(String model, VersionName version, List<Integer> steps, Duration hold, Choice choice)
            implements TrialCommand {
        /** Checks the steps. */
        public Canary {
            steps = List.copyOf(steps);
            requireSteps(steps);
            if (hold.isNegative()) {
                throw new IllegalArgumentException("hold: %s (expected: not negative)".formatted(hold));
            }
        }

        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            int challenger = challenger(version, next, state);
            Trial trial = new Trial(
                    challenger,
                    TrialKind.CANARY,
                    steps.get(0),
                    steps,
                    hold.toMillis(),
                    stamp.at(),
                    false,
                    choice.sticky(),
                    choice.conditions());
            return next.trial(trial).as(RolloutAction.CANARY_BEGUN, challenger);
        }
    }

    /**
     * Gives the challenger its next share; from the last one there is none, but to be promoted. Refused when anything has been decided of the
     * model since.
     *
     * @param epoch the decision on which this was decided
     * @param figures what it was decided by
     */
    record Step(String model, long epoch, Map<String, Double> figures) implements TrialCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            return stepped(next, requireAsDecided(next, state, epoch), stamp, figures);
        }
    }

    /** Gives the challenger its next share, whatever it has. */
    record Advance(String model) implements TrialCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            return stepped(next, next.trial(), stamp, Map.of());
        }
    }

    /**
     * Lets the challenger of a shadow trial answer: the trial goes on as a canary, with the same choice of requests.
     *
     * @param epoch as in {@link Step}
     * @param steps as in {@link Canary}
     * @param hold as in {@link Canary}
     * @param figures as in {@link Step}
     */
    record Admit(String model, long epoch, List<Integer> steps, Duration hold, Map<String, Double> figures)
            implements TrialCommand {
        /** Checks the steps. */
        public Admit {
            steps = List.copyOf(steps);
            requireSteps(steps);
        }

        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            Trial shadow = requireAsDecided(next, state, epoch);
            Trial canary = Trial.newBuilder(shadow)
                    .setKind(TrialKind.CANARY)
                    .setShare(steps.get(0))
                    .setSteps(steps)
                    .setHoldMs(hold.toMillis())
                    .setSteppedAt(stamp.at())
                    .build();
            return next.trial(canary).as(RolloutAction.CANARY_BEGUN, shadow.getChallenger(), figures);
        }
    }

    /**
     * Makes the challenger the champion.
     *
     * @param epoch as in {@link Step}
     * @param figures as in {@link Step}
     */
    record Accept(String model, long epoch, Map<String, Double> figures) implements TrialCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            int challenger = requireAsDecided(next, state, epoch).getChallenger();
            return next.champion(challenger, next.now().getChampion()).as(RolloutAction.PROMOTED, challenger, figures);
        }
    }

    /**
     * Ends the trial with the champion as it is.
     *
     * @param epoch as in {@link Step}
     * @param figures as in {@link Step}
     */
    record Reject(String model, long epoch, Map<String, Double> figures) implements TrialCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            Next next = Next.of(state, model, stamp);
            int challenger = requireAsDecided(next, state, epoch).getChallenger();
            return next.trial(null).as(RolloutAction.ROLLED_BACK, challenger, figures);
        }
    }

    /** Keeps the share as it is, until people say otherwise. */
    record Pause(String model) implements TrialCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            return paused(model, true, state, stamp);
        }
    }

    /** Lets the trial go on. */
    record Resume(String model) implements TrialCommand {
        @Override
        public Change decide(RegistryState state, Stamp stamp) throws RolloutRefusedException {
            return paused(model, false, state, stamp);
        }
    }

    /** A share as people write it. */
    static String percent(int share) {
        String text = Integer.toString(share / 100);
        int rest = share % 100;
        return text + (rest == 0 ? "" : (rest % 10 == 0 ? "." + rest / 10 : ".%02d".formatted(rest))) + "%";
    }

    /**
     * Checks the shares of a canary.
     *
     * @throws IllegalArgumentException when there are none or too many, or when they do not ascend
     */
    static void requireSteps(List<Integer> steps) {
        if (steps.isEmpty() || steps.size() > MOST_STEPS) {
            throw new IllegalArgumentException(
                    "steps: %d of them (expected: 1 to %d)".formatted(steps.size(), MOST_STEPS));
        }
        int before = 0;
        for (int step : steps) {
            requireShare(step);
            if (step <= before) {
                throw new IllegalArgumentException("steps: %s (expected: each larger than the one before)"
                        .formatted(steps.stream().map(TrialCommand::percent).toList()));
            }
            before = step;
        }
    }

    private static Change stepped(Next next, Trial trial, Stamp stamp, Map<String, Double> figures)
            throws RolloutRefusedException {
        int share = trial.getSteps().stream()
                .filter(step -> step > trial.getShare())
                .findFirst()
                .orElseThrow(() -> new RolloutRefusedException("share: %s, the last step (expected: promote version %d)"
                        .formatted(percent(trial.getShare()), trial.getChallenger())));
        Trial wider =
                Trial.newBuilder(trial).setShare(share).setSteppedAt(stamp.at()).build();
        return next.trial(wider).as(RolloutAction.STEPPED, trial.getChallenger(), figures);
    }

    private static Change paused(String model, boolean paused, RegistryState state, Stamp stamp)
            throws RolloutRefusedException {
        Next next = Next.of(state, model, stamp);
        Trial trial = next.trial();
        if (trial.getPaused() == paused) {
            throw new RolloutRefusedException("trial: %s already (expected: %s)"
                    .formatted(paused ? "paused" : "running", paused ? "running" : "paused"));
        }
        return next.trial(Trial.newBuilder(trial).setPaused(paused).build())
                .as(paused ? RolloutAction.PAUSED : RolloutAction.RESUMED, trial.getChallenger());
    }

    private static void requireShare(int share) {
        if (share < 1 || share > Split.WHOLE) {
            throw new IllegalArgumentException("share: %s (expected: 0.01%% to 100%%)".formatted(percent(share)));
        }
    }

    private static int challenger(VersionName version, Next next, RegistryState state) throws RolloutRefusedException {
        int challenger = version.in(state, next.now().getModel());
        if (challenger == next.now().getChampion()) {
            throw new RolloutRefusedException(
                    "version: %d, which answers (expected: another one to try beside it)".formatted(challenger));
        }
        Trial trial = next.now().getTrial();
        if (trial != null && trial.getChallenger() != challenger) {
            throw new RolloutRefusedException(
                    "version: %d, while %d is on trial (expected: one at a time; promote that one or roll it back first)"
                            .formatted(challenger, trial.getChallenger()));
        }
        return challenger;
    }

    /** The epoch alone says that nothing has changed: neither share nor kind, champion, challenger or pause, nor that it began anew. */
    private static Trial requireAsDecided(Next next, RegistryState state, long epoch) throws RolloutRefusedException {
        String model = next.now().getModel();
        long now = Objects.requireNonNull(state.decision(model)).epoch();
        if (now != epoch) {
            throw new RolloutRefusedException(
                    "epoch: %d of %s (expected: %d, on which this was decided)".formatted(now, model, epoch));
        }
        return next.trial();
    }
}
