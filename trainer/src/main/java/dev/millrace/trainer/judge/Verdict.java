package dev.millrace.trainer.judge;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.trainer.rollout.TrialCommand;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What follows from what was seen. */
public sealed interface Verdict {
    /** Why, in a sentence for people. */
    String reason();

    /** As what it goes on record. */
    RolloutAction action();

    /** What is to be written; nothing while the trial is held. */
    Optional<TrialCommand> command(OpenTrial trial, Map<String, Double> figures);

    /** Nothing changes. */
    record Hold(Why why, String reason) implements Verdict {
        @Override
        public RolloutAction action() {
            return RolloutAction.HELD;
        }

        @Override
        public Optional<TrialCommand> command(OpenTrial trial, Map<String, Double> figures) {
            return Optional.empty();
        }
    }

    /** The challenger gets its next share. */
    record Step(String reason) implements Verdict {
        @Override
        public RolloutAction action() {
            return RolloutAction.STEPPED;
        }

        @Override
        public Optional<TrialCommand> command(OpenTrial trial, Map<String, Double> figures) {
            return Optional.of(new TrialCommand.Step(trial.model(), trial.epoch(), figures));
        }
    }

    /**
     * The challenger, which only looked on, answers a share from now on.
     *
     * @param steps the shares that it goes through, ascending
     * @param hold how long each is kept at least
     */
    record Canary(String reason, List<Integer> steps, Duration hold) implements Verdict {
        /** Copies the list. */
        public Canary {
            steps = List.copyOf(steps);
        }

        @Override
        public RolloutAction action() {
            return RolloutAction.CANARY_BEGUN;
        }

        @Override
        public Optional<TrialCommand> command(OpenTrial trial, Map<String, Double> figures) {
            return Optional.of(new TrialCommand.Admit(trial.model(), trial.epoch(), steps, hold, figures));
        }
    }

    /** The challenger answers from now on. */
    record Promote(String reason) implements Verdict {
        @Override
        public RolloutAction action() {
            return RolloutAction.PROMOTED;
        }

        @Override
        public Optional<TrialCommand> command(OpenTrial trial, Map<String, Double> figures) {
            return Optional.of(new TrialCommand.Accept(trial.model(), trial.epoch(), figures));
        }
    }

    /** The trial ends; the champion stays. */
    record RollBack(String reason) implements Verdict {
        @Override
        public RolloutAction action() {
            return RolloutAction.ROLLED_BACK;
        }

        @Override
        public Optional<TrialCommand> command(OpenTrial trial, Map<String, Double> figures) {
            return Optional.of(new TrialCommand.Reject(trial.model(), trial.epoch(), figures));
        }
    }

    /** What a trial is held for. The words stay the same as long as the cause does. */
    enum Why {
        /** People said so. */
        PAUSED("paused"),
        /** A newer Millrace began it. */
        UNKNOWN("a kind of trial that this judge does not know"),
        /** Heartbeats are missing, or acknowledgements. */
        WORKERS("not enough live workers serve both versions"),
        /** Its time is not over. */
        TIME("the step's time is not over"),
        /** Too little was seen. */
        SAMPLES("too few results yet"),
        /** Too few of them have labels. */
        LABELS("too few labels yet"),
        /** Something that is asked is not proven. */
        OPEN("not all limits are proven to be kept yet"),
        /** A shadow trial, of which the policy says that it is only reported, passes. */
        REPORTED("the shadow keeps all limits; what comes next is for people to say"),
        /** The same, and it does not pass. */
        REPORTED_HARM("the shadow is beyond a limit; what comes next is for people to say");

        private final String words;

        Why(String words) {
            this.words = words;
        }

        /** In words. */
        public String words() {
            return words;
        }
    }
}
