package dev.millrace.trainer.service;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.judge.Acknowledged;
import dev.millrace.trainer.judge.Judgement;
import dev.millrace.trainer.judge.OpenTrial;
import dev.millrace.trainer.judge.Policy;
import dev.millrace.trainer.judge.Verdict.Hold;
import dev.millrace.trainer.judge.Verdict.Why;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.WorkerFold;
import dev.millrace.trainer.rollout.RolloutRefusedException;
import dev.millrace.trainer.rollout.TrialCommand;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * The judge of all trials: reads, looks, and acts by what {@link Judgement} says. It keeps nothing that it could not read again, so that it
 * can end and begin at any moment; while it is away, nothing changes. Of several judges one acts. What goes wrong with Kafka makes it begin
 * again, and is never part of a verdict: it judges only what it has read to the end. One thread at a time.
 */
public final class Judge implements Role {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration TELL_AT_MOST = Duration.ofMinutes(1);

    private final Map<String, Object> client;
    private final Topics topics;
    private final Policy policy;
    private final String author;
    private final Duration every;
    private final Clock clock;
    private final JudgeView view;
    private final ModelRegistry registry;
    private final Map<String, WatchedStep> watched = new HashMap<>();
    private @Nullable ControlFollower control;
    private @Nullable TopicReader statuses;
    private WorkerFold workers = new WorkerFold();
    private boolean led;
    private boolean behind;
    private Instant nextLook = Instant.EPOCH;

    /**
     * Connects to nothing yet.
     *
     * @param client Kafka client properties
     * @param author in whose name it decides
     * @param every how often it looks
     */
    public Judge(
            Map<String, ?> client,
            Topics topics,
            Policy policy,
            String author,
            Duration every,
            Clock clock,
            JudgeView view) {
        this.client = Map.copyOf(client);
        this.topics = topics;
        this.policy = policy;
        this.author = author;
        this.every = every;
        this.clock = clock;
        this.view = view;
        registry = new ModelRegistry(client, topics);
    }

    /**
     * Reads on, and looks when it is time to and all is read. Takes some hundred milliseconds at most while there is nothing to decide.
     *
     * @return false when Kafka did not do as it should: the next turn begins anew, and should wait a little
     */
    @Override
    public boolean turn() throws InterruptedException {
        try {
            if (readOn()) {
                look();
            }
            return true;
        } catch (KafkaException | IOException | BrokerUnreachableException e) {
            view.trouble(String.valueOf(e.getMessage()));
            startAnew();
            return false;
        }
    }

    /**
     * Whether it is time to look, and all is read. Between looks only the control topic is read: what has gathered comes in few answers.
     */
    private boolean readOn() {
        ControlFollower following = control == null ? new ControlFollower(client, topics, "judge") : control;
        control = following;
        following.poll(behind ? Duration.ZERO : POLL);
        behind = false;
        if (following.isLeading() != led) {
            led = following.isLeading();
            view.leading(led);
        }
        if (!following.isLeading()) {
            closeSteps();
            return false;
        }
        if (!following.isCurrent()) {
            behind = true;
            return false;
        }
        Map<String, OpenTrial> trials = trials(following);
        watch(trials);
        if (clock.instant().isBefore(nextLook)) {
            return false;
        }
        boolean current = statuses().readOn();
        for (WatchedStep step : watched.values()) {
            current &= step.readOn();
        }
        behind = !current;
        return current;
    }

    private TopicReader statuses() {
        if (statuses == null) {
            workers = new WorkerFold();
            statuses = new TopicReader(client, Map.of(topics.status(), Instant.EPOCH), workers::add);
        }
        return statuses;
    }

    private static Map<String, OpenTrial> trials(ControlFollower following) {
        Map<String, OpenTrial> trials = new TreeMap<>();
        following.state().decisions().forEach((model, decision) -> {
            OpenTrial trial = OpenTrial.of(decision);
            if (trial != null) {
                trials.put(model, trial);
            }
        });
        return trials;
    }

    /** Watches the steps that there are, and no others. */
    private void watch(Map<String, OpenTrial> trials) {
        watched.entrySet().removeIf(entry -> {
            OpenTrial trial = trials.get(entry.getKey());
            if (trial != null && entry.getValue().isOf(trial)) {
                return false;
            }
            entry.getValue().close();
            return true;
        });
        trials.forEach((model, trial) -> watched.computeIfAbsent(model, unused -> {
            WatchedStep step = new WatchedStep(
                    client, topics, trial.step(), policy.labels().remembered());
            remember(step, Objects.requireNonNull(control).story(model), trial);
            return step;
        }));
    }

    /** A judge that begins again does not tell again what one before it has told. */
    private static void remember(WatchedStep step, List<RolloutEvent> story, OpenTrial trial) {
        if (story.isEmpty()) {
            return;
        }
        RolloutEvent last = story.get(story.size() - 1);
        if (last.getAction() != RolloutAction.HELD || last.getVersion() != trial.challenger()) {
            return;
        }
        for (Why why : Why.values()) {
            if (why.words().equals(last.getReason())) {
                step.told = why;
                step.toldAt = last.getDecidedAt();
            }
        }
    }

    private void look() throws IOException, BrokerUnreachableException, InterruptedException {
        ControlFollower following = Objects.requireNonNull(control);
        Instant now = clock.instant();
        nextLook = now.plus(every);
        following.looked();
        statuses().looked();
        watched.values().forEach(WatchedStep::looked);
        for (OpenTrial trial : trials(following).values()) {
            WatchedStep step = watched.get(trial.model());
            if (step == null || step.decidedEpoch == trial.epoch()) {
                continue;
            }
            Acknowledged acknowledged = Acknowledged.of(workers.workers(), trial, policy, now);
            Judgement judgement = Judgement.of(trial, step.seen(), acknowledged, policy, now);
            view.looked(judgement, following.story(trial.model()));
            act(judgement, step);
        }
    }

    private void act(Judgement judgement, WatchedStep step)
            throws IOException, BrokerUnreachableException, InterruptedException {
        OpenTrial trial = judgement.trial();
        Optional<TrialCommand> command = judgement.verdict().command(trial, judgement.figures());
        if (command.isEmpty()) {
            tell(judgement, step);
            return;
        }
        try {
            RolloutEvent event = registry.decide(
                            command.get(), author, judgement.verdict().reason())
                    .event();
            view.decided(judgement, event, storyWith(event));
        } catch (RolloutRefusedException e) {
            view.refused(judgement, String.valueOf(e.getMessage()));
        }
        step.decidedEpoch = trial.epoch();
    }

    /** Puts on record why a trial is held, when that has changed; not oftener than once a minute. */
    private void tell(Judgement judgement, WatchedStep step) throws IOException, InterruptedException {
        Why why = judgement.verdict() instanceof Hold hold ? hold.why() : null;
        boolean soon = judgement.at().isBefore(step.toldAt.plus(TELL_AT_MOST));
        if (why == null || why == step.told || soon) {
            return;
        }
        OpenTrial trial = judgement.trial();
        RolloutEvent event = RolloutEvent.newBuilder()
                .setModel(trial.model())
                .setAction(RolloutAction.HELD)
                .setVersion(trial.challenger())
                .setChampion(trial.champion())
                .setDecidedAt(judgement.at().truncatedTo(ChronoUnit.MILLIS))
                .setDecidedBy(author)
                .setReason(why.words())
                .setShare(trial.share())
                .setFigures(judgement.figures())
                .build();
        registry.tell(event);
        step.told = why;
        step.toldAt = judgement.at();
        view.decided(judgement, event, storyWith(event));
    }

    private List<RolloutEvent> storyWith(RolloutEvent event) {
        List<RolloutEvent> story =
                new ArrayList<>(Objects.requireNonNull(control).story(event.getModel()));
        story.add(event);
        return story;
    }

    /** Without what is open; a client that cannot even be closed is forgotten. */
    private void startAnew() {
        try {
            closeAll();
        } catch (KafkaException e) {
            view.trouble("while closing: " + e.getMessage());
            watched.clear();
            statuses = null;
            control = null;
        }
    }

    private void closeSteps() {
        watched.values().forEach(WatchedStep::close);
        watched.clear();
    }

    private void closeAll() {
        closeSteps();
        if (statuses != null) {
            statuses.close();
            statuses = null;
        }
        if (control != null) {
            control.close();
            control = null;
        }
    }

    /** Leaves the others to go on. */
    @Override
    public void close() {
        closeAll();
    }
}
