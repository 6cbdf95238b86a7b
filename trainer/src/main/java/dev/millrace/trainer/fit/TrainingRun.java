package dev.millrace.trainer.fit;

import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.evaluate.ConfusionMatrix;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Normalization;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.torch.TorchTrainer;
import dev.millrace.trainer.weights.FloatTensor;
import dev.millrace.trainer.weights.InitialWeights;
import dev.millrace.trainer.weights.TrainedNet;
import dev.millrace.worker.model.ModelProperties;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One training run in one folder: {@code checkpoint.safetensors} to go on from; {@code model.safetensors} with the weights of the epoch
 * that was best on validation, and {@code confusion.svg} with its answers there; {@code metrics.jsonl} with one line per epoch, and
 * {@code learning-curve.svg}, which shows it. Owned by the thread that calls {@link #run}.
 */
public final class TrainingRun {
    public static final String CHECKPOINT = "checkpoint.safetensors";
    public static final String MODEL = "model.safetensors";
    public static final String METRICS = "metrics.jsonl";
    public static final String CURVE = "learning-curve.svg";
    public static final String CONFUSION = "confusion.svg";

    private static final int VALIDATION_BATCH = 250;
    private static final long CHECKPOINT_INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(2);

    private final Dataset data;
    private final LabelledImages training;
    private final LabelledImages validation;
    private final Network network;
    private final Normalization normalization;
    private final TrainingPlan plan;
    private final Recipe recipe;
    private final Compute compute;
    private final RunFolder folder;
    private final TrainingListener listener;
    private final int stepsPerEpoch;
    private final Schedule schedule;
    private final String identity;
    private final List<EpochReport> history = new ArrayList<>();

    /**
     * Prepares a run; nothing is computed or written yet. Images are resized to what the network reads.
     *
     * @param folder is made if absent; a checkpoint in it is continued
     * @throws IOException when the data set has no training or validation images, or cannot hold out as many as the recipe says, or the plan's
     *     teacher is for other images or classes
     * @throws IllegalArgumentException when a batch is more than there is to train on, or images get too small for the network
     */
    public TrainingRun(
            Dataset data, Network network, TrainingPlan plan, Compute compute, Path folder, TrainingListener listener)
            throws IOException {
        this.recipe = plan.recipe();
        this.data = recipe.divided(data);
        this.training = this.data.images(Split.TRAIN).resized(network.input());
        this.validation = this.data.images(Split.VALIDATION).resized(network.input());
        this.network = network;
        this.plan = plan;
        this.normalization = normalization(network, plan.tuning(), training);
        this.compute = compute;
        this.folder = new RunFolder(folder);
        this.listener = listener;
        this.stepsPerEpoch = BatchLoader.steps(training, recipe);
        this.schedule = Schedule.of(plan, stepsPerEpoch);
        this.identity = plan.identity(data, network);
        if (stepsPerEpoch == 0) {
            throw new IllegalArgumentException(
                    "batch: %d (expected: at most the %d training images)".formatted(recipe.batch(), training.size()));
        }
        requireRoom(recipe.progressive());
        if (plan.distillation() != null) {
            plan.distillation().requireFit(network.input(), data.classes());
        }
    }

    private void requireRoom(@Nullable ProgressiveResizing progressive) {
        if (progressive == null) {
            return;
        }
        ImageShape small = network.input().scaled(progressive.scale());
        try {
            Architecture.parse(network.architecture()).network(small, network.classes());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("small images, %s: %s".formatted(small, e.getMessage()), e);
        }
    }

    /**
     * Trains until the last epoch is done or {@code stop} says so, looked at between steps.
     *
     * @return the epoch that was best on validation; empty when it was stopped. Either way the folder holds a checkpoint
     * @throws IOException also when the folder's checkpoint is of another run
     */
    public Optional<EpochReport> run(BooleanSupplier stop) throws IOException, InterruptedException {
        folder.create();
        Checkpoint from = startingPoint();
        history.addAll(from.history());
        Distillation distillation = plan.distillation();
        TorchTrainer trainer = new TorchTrainer(network, normalization, from.state(), recipe.settings(), compute);
        try (Teacher teacher = distillation == null ? null : distillation.start()) {
            if (!history.isEmpty()) {
                saveHistory();
            }
            listener.started(schedule.steps(), (long) from.epoch() * stepsPerEpoch + from.step(), from.history());
            int step = from.step();
            double lossSum = from.lossSum();
            for (int epoch = from.epoch(); epoch < recipe.epochs(); epoch++) {
                if (!runEpoch(trainer, teacher, epoch, step, lossSum, stop)) {
                    return Optional.empty();
                }
                step = 0;
                lossSum = 0;
            }
            return history.stream().reduce(TrainingRun::better);
        } finally {
            trainer.close();
        }
    }

    private boolean runEpoch(
            TorchTrainer trainer,
            @Nullable Teacher teacher,
            int epoch,
            int firstStep,
            double lossBefore,
            BooleanSupplier stop)
            throws IOException, InterruptedException {
        long started = System.nanoTime();
        double lossSum = lossBefore;
        double learningRate = 0;
        long saved = started;
        try (BatchLoader loader = new BatchLoader(training, recipe, teacher, epoch, firstStep)) {
            for (int step = firstStep; step < stepsPerEpoch; step++) {
                boolean stopped = stop.getAsBoolean();
                if (stopped || System.nanoTime() - saved > CHECKPOINT_INTERVAL_NANOS) {
                    checkpoint(trainer, epoch, step, lossSum);
                    saved = System.nanoTime();
                }
                if (stopped) {
                    return false;
                }
                Batch batch = loader.next();
                long position = (long) epoch * stepsPerEpoch + step;
                learningRate = schedule.learningRate(position);
                lossSum += trainer.step(
                        batch.pixels, batch.targets, learningRate, schedule.part(position), schedule.scale(position));
                if (!Double.isFinite(lossSum)) {
                    throw new IOException("loss: %s in epoch %d (expected: finite; try a lower learning rate)"
                            .formatted(lossSum, epoch + 1));
                }
                listener.stepped(epoch + 1, lossSum / (step + 1));
            }
        }
        double trained = (System.nanoTime() - started) / 1e9;
        ConfusionMatrix answers = validate(trainer);
        EpochReport report = new EpochReport(
                epoch + 1,
                lossSum / stepsPerEpoch,
                answers.top1(),
                learningRate,
                (System.nanoTime() - started) / 1e9,
                (stepsPerEpoch - firstStep) * (double) recipe.batch() / trained);
        keep(trainer, report, answers);
        listener.finished(report);
        return true;
    }

    /** The model is written before the checkpoint: a crash in between repeats the epoch and writes the same model again. */
    private void keep(TorchTrainer trainer, EpochReport report, ConfusionMatrix answers) throws IOException {
        history.add(report);
        if (history.stream().reduce(TrainingRun::better).orElseThrow().equals(report)) {
            Map<String, String> lineage = new TreeMap<>(Map.of(
                    "dataset", data.name(),
                    "dataset.sha256", data.sha256(),
                    "architecture", network.architecture(),
                    "epoch", String.valueOf(report.epoch()),
                    "metrics.top1.validation", String.format(Locale.ROOT, "%.4f", report.validationTop1())));
            lineage.putAll(ModelProperties.of(data.images(Split.TRAIN).resizing()));
            lineage.putAll(plan.lineage());
            folder.save(
                    new TrainedNet(
                            network,
                            normalization,
                            data.classes(),
                            trainer.net().weights(),
                            lineage),
                    answers,
                    report.epoch());
        }
        checkpoint(trainer, report.epoch(), 0, 0);
        saveHistory();
    }

    private void saveHistory() throws IOException {
        folder.save(history, recipe.epochs(), "%s on %s".formatted(network.architecture(), data.name()));
    }

    private static EpochReport better(EpochReport earlier, EpochReport later) {
        return later.validationTop1() >= earlier.validationTop1() ? later : earlier;
    }

    private void checkpoint(TorchTrainer trainer, int epoch, int step, double lossSum) throws IOException {
        folder.save(new Checkpoint(identity, epoch, step, lossSum, history, trainer.state()));
    }

    private Checkpoint startingPoint() throws IOException {
        Optional<Checkpoint> found = folder.checkpoint();
        if (found.isEmpty()) {
            FineTuning tuning = plan.tuning();
            Map<String, FloatTensor> weights =
                    tuning == null ? InitialWeights.of(network, recipe.seed()) : tuning.weights(network, recipe.seed());
            return new Checkpoint(identity, 0, 0, 0, List.of(), TorchTrainer.State.initial(weights));
        }
        String theirs = found.get().identity();
        if (!theirs.equals(identity)) {
            throw new IOException("%s: of the run %s (expected: %s; choose another folder for another run)"
                    .formatted(folder.checkpointFile(), theirs, identity));
        }
        return found.get();
    }

    private static Normalization normalization(Network network, @Nullable FineTuning tuning, LabelledImages training) {
        Optional<Normalization> known =
                tuning == null ? Optional.empty() : tuning.from().normalization();
        return known.orElseGet(() -> Architecture.parse(network.architecture()).normalization(training::meanPixel));
    }

    private ConfusionMatrix validate(TorchTrainer trainer) {
        ConfusionMatrix answers = new ConfusionMatrix(data.classes());
        for (int from = 0; from < validation.size(); from += VALIDATION_BATCH) {
            int n = Math.min(VALIDATION_BATCH, validation.size() - from);
            byte[] pixels = new byte[n * validation.shape().bytes()];
            for (int i = 0; i < n; i++) {
                validation.copy(from + i, pixels, i * validation.shape().bytes());
            }
            float[] logits = trainer.net().logits(pixels, n);
            for (int i = 0; i < n; i++) {
                answers.add(validation.label(from + i), best(logits, i * network.classes(), network.classes()));
            }
        }
        return answers;
    }

    private static int best(float[] logits, int from, int classes) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
            if (logits[from + c] > logits[from + best]) {
                best = c;
            }
        }
        return best;
    }
}
