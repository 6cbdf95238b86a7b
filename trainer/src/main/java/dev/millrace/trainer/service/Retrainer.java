package dev.millrace.trainer.service;

import dev.millrace.schemas.DriftStatus;
import dev.millrace.schemas.LabelCounts;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.TrainerState;
import dev.millrace.schemas.TrainerStatus;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.drift.Drift;
import dev.millrace.trainer.drift.Reference;
import dev.millrace.trainer.files.Reason;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.PublishedVersion;
import dev.millrace.trainer.replay.Fetched;
import dev.millrace.trainer.replay.ReplayBuffer;
import dev.millrace.trainer.replay.ReplayImages;
import dev.millrace.trainer.replay.ReplaySpec;
import dev.millrace.trainer.retrain.Beginning;
import dev.millrace.trainer.retrain.Champion;
import dev.millrace.trainer.retrain.Ended;
import dev.millrace.trainer.retrain.Progress;
import dev.millrace.trainer.retrain.RetrainChild;
import dev.millrace.trainer.retrain.RetrainRun;
import dev.millrace.trainer.retrain.RetrainSpec;
import dev.millrace.trainer.retrain.RunStory;
import dev.millrace.trainer.retrain.Runs;
import dev.millrace.trainer.retrain.Weights;
import dev.millrace.trainer.retrain.WhenToRetrain;
import dev.millrace.trainer.rollout.RolloutRefusedException;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Makes new versions of one model: watches its labels and answers, begins a run when {@link WhenToRetrain} says so, looks after the run's
 * process, publishes what passed the gate, and begins to try it. Of several retrainers one acts. The control topic says which run is open,
 * and the run's folder how far it is: it can end at any moment and begins again where it was, here or, anew, elsewhere. What goes wrong
 * leaves the champion as it is. One thread at a time.
 */
public final class Retrainer implements Role {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration BUFFER_SAFE_EVERY = Duration.ofSeconds(5);
    private static final int MOST_CRASHES = 3;
    private static final Duration AGAIN_AFTER = Duration.ofSeconds(5);

    /** So long a run waits for a buffer that cannot be used, such as one that another process still has. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<String, Object> client;
    private final Topics topics;
    private final RetrainSpec spec;
    private final WorkFolder work;
    private final ManifestSigner signer;
    private final String trainer;
    private final String author;
    private final List<String> roles;
    private final Clock clock;
    private final RetrainView view;
    private final ModelRegistry registry;
    private final Weights weights;
    private final Runs runs;
    private final ChampionReference references;
    private final TrainerHeartbeat heartbeat;
    private final Instant startedAt;
    private final AtomicReference<RunSight> sight = new AtomicReference<>(RunSight.NOTHING);

    private @Nullable ControlFollower control;
    private @Nullable ReplayBuffer buffer;
    private @Nullable StreamWatch stream;
    private @Nullable Drift drift;
    private @Nullable RetrainRun run;
    private @Nullable RetrainChild child;
    private RunStory story = RunStory.NOTHING;
    private String announced = "";
    private String endTold = "";
    private int refusedTrial;
    private int crashes;
    private boolean led;
    private boolean behind;
    /** The stream has been read to an end since it was opened. */
    private boolean caughtUp;

    /** Why the stream is not watched; empty: it is. */
    private String hindrance = "";

    private Instant hinderedSince = Instant.EPOCH;
    private Instant nextWatch = Instant.EPOCH;
    private Instant nextKeep = Instant.EPOCH;
    private String trouble = "";
    private Instant nextSafe = Instant.EPOCH;
    private Instant readUntil = Instant.EPOCH;

    /**
     * Connects to nothing yet.
     *
     * @param client Kafka client properties
     * @param folder for the buffer, runs and weights; nobody else's
     * @param signer of what it publishes
     * @param trainer its id
     * @param author in whose name it decides
     * @param roles of this process, for its heartbeat
     */
    public Retrainer(
            Map<String, ?> client,
            Topics topics,
            RetrainSpec spec,
            Path folder,
            ManifestSigner signer,
            String trainer,
            String author,
            List<String> roles,
            Clock clock,
            RetrainView view) {
        this.client = Map.copyOf(client);
        this.topics = topics;
        this.spec = spec;
        this.signer = signer;
        this.trainer = trainer;
        this.author = author;
        this.roles = List.copyOf(roles);
        this.clock = clock;
        this.view = view;
        work = new WorkFolder(folder);
        registry = new ModelRegistry(client, topics);
        weights = new Weights(work.weights());
        runs = new Runs(work.runs(), weights);
        references = new ChampionReference(spec.base().dataset(), work.references(), clock);
        heartbeat = new TrainerHeartbeat(client, topics, trainer, clock);
        startedAt = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    /**
     * Reads on, and does what is next. Takes some hundred milliseconds at most, but to begin or publish a run.
     *
     * @return false when something did not do as it should: the next turn begins anew, and should wait a little
     */
    @Override
    public boolean turn() throws InterruptedException {
        boolean well = true;
        try {
            act();
            trouble = hindrance.isEmpty() ? references.trouble() : hindrance;
        } catch (KafkaException
                | IOException
                | BrokerUnreachableException
                | IllegalArgumentException
                | IllegalStateException e) {
            // What a model, a spec or a record says must not end the roles beside this one.
            trouble = Reason.of(e);
            view.trouble(trouble);
            startAnew();
            well = false;
        }
        try {
            heartbeat.tell(status());
        } catch (KafkaException e) {
            // It is told again.
            view.trouble(Reason.of(e));
        }
        return well;
    }

    private void act() throws IOException, BrokerUnreachableException, InterruptedException {
        ControlFollower following =
                control == null ? new ControlFollower(client, topics, "retrain." + spec.model()) : control;
        control = following;
        following.poll(behind ? Duration.ZERO : POLL);
        behind = false;
        if (following.isLeading() != led) {
            led = following.isLeading();
            view.leading(led);
        }
        if (!following.isLeading()) {
            // The run stays where it is: whoever leads goes on with it.
            closeChild();
            run = null;
            announced = "";
            endTold = "";
            refusedTrial = 0;
            hindrance = "";
            closeStream();
            return;
        }
        if (!following.isCurrent()) {
            behind = true;
            return;
        }
        RegistryState state = following.state();
        story = following.runs(spec.model());
        PublishedVersion champion = champion(state);
        if (champion != null) {
            observe(champion.manifest());
        }
        afterPublishing(state);
        if (run == null) {
            if (champion == null || caughtUp || hinderedForLong()) {
                takeUp(champion);
            }
        } else {
            goOn(run);
        }
    }

    private @Nullable PublishedVersion champion(RegistryState state) {
        Decision decision = state.decision(spec.model());
        return decision == null
                ? null
                : PublishedVersion.read(state, spec.model(), decision.rollout().getChampion())
                        .orElse(null);
    }

    /** Where the disk or the champion hinders it, a run that has begun goes on all the same. */
    private void observe(ModelManifest champion) throws InterruptedException {
        Instant now = clock.instant();
        if (now.isBefore(nextWatch)) {
            return;
        }
        try {
            watch(champion);
            countFromBegun();
            if (caughtUp) {
                hindrance = "";
            }
        } catch (IOException | IllegalArgumentException e) {
            hinderedSince = hindrance.isEmpty() ? now : hinderedSince;
            hindrance = Reason.of(e);
            nextWatch = now.plus(AGAIN_AFTER);
            view.trouble(hindrance);
            closeStream();
        }
    }

    private boolean hinderedForLong() {
        return stream == null && !hindrance.isEmpty() && !clock.instant().isBefore(hinderedSince.plus(PATIENCE));
    }

    /** Reads on what the stream tells, and looks for drift. */
    private void watch(ModelManifest champion) throws IOException, InterruptedException {
        if (stream != null && !stream.isFor(champion)) {
            closeStream();
        }
        StreamWatch watch = stream;
        if (watch == null) {
            ReplaySpec kept = new ReplaySpec(
                    StreamWatch.shape(champion),
                    champion.getLabels(),
                    spec.replay().images());
            if (Files.notExists(work.buffer(kept))) {
                work.forget();
            }
            ReplayBuffer opened = ReplayBuffer.open(work.buffer(kept), kept);
            buffer = opened;
            watch = new StreamWatch(
                    client, topics, champion, spec.drift().window(), opened, work.readSince(clock.instant()));
            stream = watch;
        }
        watch.champion(champion.getVersion());
        Instant before = clock.instant();
        if (watch.readOn()) {
            watch.looked();
            readUntil = before;
            caughtUp = true;
        } else {
            behind = true;
        }
        makeSafe(Objects.requireNonNull(buffer));
        Optional<Reference> reference = references.of(champion, () -> registry.artifact(champion));
        if (reference.isEmpty()) {
            drift = null;
            return;
        }
        Drift last = drift;
        Drift now = Drift.of(watch.answers(), reference.get(), spec.drift(), last, before);
        drift = now;
        if (now.drifted() != (last != null && last.drifted())) {
            view.drifted(now);
        }
    }

    private void makeSafe(ReplayBuffer images) throws IOException {
        if (!clock.instant().isBefore(nextSafe)) {
            nextSafe = clock.instant().plus(BUFFER_SAFE_EVERY);
            images.force();
            if (caughtUp) {
                work.read(readUntil);
            }
        }
    }

    /**
     * New labels are those that came since a run began, whoever began it and however it ended. Where another trainer did, what is there
     * when the stream has been read counts as known to it.
     */
    private void countFromBegun() throws IOException {
        ReplayBuffer images = buffer;
        RolloutEvent begun = story.begun();
        if (images == null || begun == null || begun.getRun().equals(work.countedRun())) {
            return;
        }
        boolean knewNoLabels = begun.getVersion() == 0;
        if (knewNoLabels) {
            work.count(begun.getRun(), 0);
        } else if (caughtUp) {
            work.count(begun.getRun(), images.added());
        }
    }

    /** What belongs to a version that a run has published, whoever did; again after a crash. */
    private void afterPublishing(RegistryState state)
            throws IOException, BrokerUnreachableException, InterruptedException {
        RolloutEvent last = story.last();
        if (last != null && last.getAction() == RolloutAction.PUBLISHED) {
            keepWeights(last);
        }
        int untried = story.untried();
        Decision decision = state.decision(spec.model());
        boolean busy = decision != null && decision.rollout().getTrial() != null;
        if (untried != 0 && untried != refusedTrial && !busy) {
            tryOut(state, untried);
        }
    }

    private void keepWeights(RolloutEvent published) {
        Instant now = clock.instant();
        if (now.isBefore(nextKeep)) {
            return;
        }
        try {
            Optional<RetrainRun> here = runs.find(published.getRun());
            if (here.isPresent() && here.get().hasCandidate()) {
                RetrainRun made = here.get();
                weights.keep(made.candidateSha256(), made.weights());
                RetrainRun unused = made.published(published.getVersion());
            }
        } catch (IOException e) {
            // The version is there all the same.
            nextKeep = now.plus(AGAIN_AFTER);
            view.trouble("weights of version %d are not kept: %s".formatted(published.getVersion(), Reason.of(e)));
        }
    }

    private void tryOut(RegistryState state, int version)
            throws IOException, BrokerUnreachableException, InterruptedException {
        RetrainSpec.Rollout rollout = spec.rollout();
        Decision decision = state.decision(spec.model());
        if (rollout == null || decision == null || decision.rollout().getChampion() >= version) {
            refusedTrial = version;
            return;
        }
        try {
            registry.decide(rollout.command(spec.model(), version), author, "retrained");
            view.rolledOut("version %d is tried: %s".formatted(version, rollout.kind()));
        } catch (RolloutRefusedException e) {
            view.rolledOut("version %d waits: %s".formatted(version, e.getMessage()));
        }
        // Also where it was accepted: the record may take a moment to be read.
        refusedTrial = version;
    }

    /** Takes up the run that the record says is open, or puts one on record where it is time to. */
    private void takeUp(@Nullable PublishedVersion champion)
            throws IOException, BrokerUnreachableException, InterruptedException {
        RolloutEvent open = story.open();
        if (open != null) {
            if (!endTold.equals(open.getRun())) {
                begin(open, champion);
            }
            return;
        }
        if (!announced.isEmpty() && !story.hasBegun(announced)) {
            return;
        }
        Optional<String> why = WhenToRetrain.why(
                spec.trigger(),
                story,
                labels(),
                drift,
                champion == null ? null : champion.manifest().getCreatedAt(),
                clock.instant());
        if (why.isPresent()) {
            String id = UUID.randomUUID().toString();
            tell(RolloutAction.RETRAINING, id, why.get(), champion);
            announced = id;
        }
    }

    private long labels() throws IOException {
        return buffer == null ? 0 : Math.max(0, buffer.added() - work.addedAtRun());
    }

    /** What hinders it would do so again, whatever it is: the run is over then, on record. */
    private void begin(RolloutEvent open, @Nullable PublishedVersion champion) throws IOException {
        RetrainRun begun;
        try {
            Optional<RetrainRun> known = runs.find(open.getRun());
            if (known.isEmpty() && champion != null && !caughtUp) {
                throw new IOException(hindrance);
            }
            begun = known.isPresent() ? known.get() : begun(open, champion);
        } catch (IOException | IllegalArgumentException | OutOfMemoryError e) {
            fail(open.getRun(), Reason.of(e), champion);
            return;
        }
        run = begun;
        sight.set(RunSight.NOTHING);
        view.running(begun.id(), begun.why());
    }

    private RetrainRun begun(RolloutEvent open, @Nullable PublishedVersion champion) throws IOException {
        Champion answering = champion == null
                ? null
                : new Champion(champion.manifest().getVersion(), registry.artifact(champion.manifest()));
        return runs.begin(
                new Beginning(open.getRun(), spec, open.getReason(), open.getDecidedAt(), answering, replayed()));
    }

    private ReplayImages replayed() throws IOException {
        ReplayBuffer images = buffer;
        if (images == null) {
            Dataset base = spec.base().dataset().load().labelled();
            return ReplayImages.none(base.classes(), spec.architecture().input(base.shape()));
        }
        return images.images(spec.replay().heldOut());
    }

    private void goOn(RetrainRun current) throws IOException, BrokerUnreachableException, InterruptedException {
        if (!story.isOpen(current.id())) {
            closeChild();
            run = null;
            crashes = 0;
            view.ended(current.id(), story.outcome());
            return;
        }
        if (endTold.equals(current.id())) {
            // It takes a moment until that is read.
            return;
        }
        RetrainRun now = current;
        if (child != null) {
            Optional<Ended> ended = child.ended();
            if (ended.isEmpty()) {
                return;
            }
            closeChild();
            now = RetrainRun.open(current.folder());
            run = now;
            Ended.How how = ended.get().how();
            if (how == Ended.How.FAILED || how == Ended.How.REFUSED) {
                // Not what run.json says: the disk may be full.
                fail(now.id(), ended.get().reason(), null);
                return;
            }
            if (how == Ended.How.CRASHED) {
                crashed(now, ended.get().reason());
                return;
            }
        }
        if (now.failure().isPresent()) {
            fail(now.id(), now.failure().get(), null);
        } else if (now.hasCandidate()) {
            publish(now);
        } else {
            start(now);
        }
    }

    private void start(RetrainRun current) throws IOException {
        try {
            child = RetrainChild.start(current, this::progressed);
        } catch (IllegalArgumentException e) {
            over(current, Reason.of(e));
        } catch (IOException e) {
            crashed(current, "no process: " + Reason.of(e));
        }
    }

    private void crashed(RetrainRun current, String reason) throws IOException {
        crashes++;
        if (crashes >= MOST_CRASHES) {
            over(current, "%s, %d times".formatted(reason, crashes));
        } else {
            view.trouble("run %s: %s".formatted(current.id(), reason));
        }
    }

    private void progressed(Progress progress) {
        RunSight unused = sight.updateAndGet(so -> so.with(progress));
        view.progressed(progress);
    }

    /** On the topic's record also where the disk has no room for it in the folder's. */
    private void over(RetrainRun current, String reason) throws IOException {
        try {
            run = current.failed(reason);
        } catch (IOException e) {
            view.trouble(Reason.of(e));
        }
        fail(current.id(), reason, null);
    }

    private void publish(RetrainRun made) throws IOException, BrokerUnreachableException, InterruptedException {
        sight.updateAndGet(so -> so.at("publish", 0));
        byte[] onnx;
        ManifestDraft draft;
        try {
            onnx = made.candidate();
            draft = made.draft();
        } catch (ModelRefusedException | IOException e) {
            over(made, "candidate: " + Reason.of(e));
            return;
        }
        registry.publishOnce(made.id(), onnx, draft, signer, ModelRegistry.Start.WAITING, author, made.why());
        endTold = made.id();
        sight.updateAndGet(so -> so.at("publish", 1));
    }

    private void fail(String id, String reason, @Nullable PublishedVersion champion) throws IOException {
        tell(RolloutAction.RETRAIN_FAILED, id, reason, champion);
        endTold = id;
    }

    private void tell(RolloutAction action, String id, String reason, @Nullable PublishedVersion champion)
            throws IOException {
        int version = champion == null ? 0 : champion.manifest().getVersion();
        try {
            registry.tell(RolloutEvent.newBuilder()
                    .setModel(spec.model())
                    .setAction(action)
                    .setVersion(version)
                    .setChampion(version)
                    .setDecidedAt(clock.instant().truncatedTo(ChronoUnit.MILLIS))
                    .setDecidedBy(author)
                    .setReason(reason)
                    .setRun(id)
                    .build());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private TrainerStatus status() {
        RetrainRun current = run;
        RunSight so = current == null ? RunSight.NOTHING : Objects.requireNonNull(sight.get());
        return TrainerStatus.newBuilder()
                .setTrainer(trainer)
                .setStartedAt(startedAt)
                .setReportedAt(startedAt)
                .setState(
                        !led ? TrainerState.STANDBY : current == null ? TrainerState.WATCHING : TrainerState.RETRAINING)
                .setRoles(roles)
                .setModel(spec.model())
                .setRun(current == null ? "" : current.id())
                .setWhy(current == null ? "" : current.why())
                .setStep(so.step())
                .setProgress(so.progress())
                .setCurve(so.curve())
                .setGate(so.gate())
                .setLabels(labelCounts())
                .setDrift(driftStatus())
                .setLastRun(story.last() == null ? "" : story.last().getRun())
                .setLastOutcome(story.outcome())
                .setTrouble(trouble)
                .build();
    }

    private LabelCounts labelCounts() {
        StreamWatch watch = stream;
        ReplayBuffer images = buffer;
        if (watch == null || images == null) {
            return LabelCounts.newBuilder().build();
        }
        Fetched fetched = watch.fetched();
        dev.millrace.trainer.replay.LabelCounts counts = watch.labels();
        return LabelCounts.newBuilder()
                .setSeen(counts.seen())
                .setKept(images.size())
                .setUnknown(counts.unknown() + fetched.unknown())
                .setExpired(fetched.expired())
                .setOutside(counts.outside())
                .setWaiting(counts.waiting())
                .setUndecodable(fetched.undecodable())
                .build();
    }

    private DriftStatus driftStatus() {
        Drift now = drift;
        if (now == null) {
            return DriftStatus.newBuilder().setWindow(spec.drift().window()).build();
        }
        Instant since = now.since();
        return DriftStatus.newBuilder()
                .setAnswers(now.answers())
                .setPsi(now.psi())
                .setConfidence(now.confidence())
                .setReferenceConfidence(now.referenceConfidence())
                .setDrifted(now.drifted())
                .setSince(since == null ? null : since.truncatedTo(ChronoUnit.MILLIS))
                .setWindow(spec.drift().window())
                .build();
    }

    /** Without what is open. A run's process is told to keep its checkpoint and end in the next turn, since another trainer may lead then. */
    private void startAnew() {
        announced = "";
        endTold = "";
        closeStream();
        ControlFollower following = control;
        control = null;
        if (following != null) {
            try {
                following.close();
            } catch (KafkaException e) {
                view.trouble("while closing: " + e.getMessage());
            }
        }
    }

    private void closeStream() {
        StreamWatch watch = stream;
        ReplayBuffer images = buffer;
        stream = null;
        buffer = null;
        drift = null;
        caughtUp = false;
        try (ReplayBuffer closing = images) {
            if (closing != null) {
                closing.force();
            }
        } catch (IOException e) {
            view.trouble(Reason.of(e));
        }
        if (watch != null) {
            try {
                watch.close();
            } catch (KafkaException e) {
                view.trouble("while closing: " + e.getMessage());
            }
        }
    }

    private void closeChild() {
        if (child != null) {
            child.close();
            child = null;
        }
    }

    /** Leaves the others to go on. */
    @Override
    public void close() {
        try (heartbeat) {
            closeChild();
            closeStream();
            references.close();
            if (control != null) {
                control.close();
            }
        }
    }
}
