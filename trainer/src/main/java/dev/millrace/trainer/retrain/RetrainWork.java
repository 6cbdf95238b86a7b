package dev.millrace.trainer.retrain;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.trainer.calibrate.Calibration;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DownloadListener;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.evaluate.Metrics;
import dev.millrace.trainer.export.ExportOptions;
import dev.millrace.trainer.export.InputKind;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.export.Opset;
import dev.millrace.trainer.files.Reason;
import dev.millrace.trainer.files.WholeFile;
import dev.millrace.trainer.fit.EpochReport;
import dev.millrace.trainer.fit.FineTuning;
import dev.millrace.trainer.fit.TrainingListener;
import dev.millrace.trainer.fit.TrainingPlan;
import dev.millrace.trainer.fit.TrainingRun;
import dev.millrace.trainer.gate.Gate;
import dev.millrace.trainer.gate.GateFile;
import dev.millrace.trainer.gate.GateReport;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.parity.ParityCheck;
import dev.millrace.trainer.parity.ParityReport;
import dev.millrace.trainer.quantize.QuantizeListener;
import dev.millrace.trainer.quantize.QuantizeOptions;
import dev.millrace.trainer.quantize.Quantizer;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.weights.PretrainedWeights;
import dev.millrace.trainer.weights.TrainedNet;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Does what is left of a run, step by step. Owned by the thread that calls {@link #run}. */
final class RetrainWork {
    private static final int PARITY_IMAGES = 500;
    private static final int CALIBRATION_IMAGES = 512;
    private static final int COMPARED_IMAGES = 5_000;
    private static final long TELL_NANOS = 500_000_000L;

    /** What the gate's own limits are here: it compares with the champion; how fast a worker must be is for its rehearsal. */
    private static final double GATE_P99_MS = 60_000;

    private static final double GATE_SECONDS = 600;

    /** Whose time is compared with fp32 here is not who serves: on this machine others take the CPUs, and a run must end as it began. */
    private static final QuantizeOptions QUANTIZE =
            new QuantizeOptions(Calibration.MINMAX, true, null, Set.of(), 0.01, true);

    private static final JsonMapper JSON = new JsonMapper();

    private final RetrainRun run;
    private final RetrainSpec spec;
    private final Consumer<Progress> told;
    private final BooleanSupplier stop;
    private @Nullable Data data;

    /** Both are read once in a process, when a step first asks. */
    private record Data(Dataset base, Dataset mixed) {}

    /** The run is over, for a reason that another try does not change. */
    private static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient List<String> checks;

        RefusedException(String message, List<String> checks) {
            super(message);
            this.checks = List.copyOf(checks);
        }
    }

    /** The training was told to stop. */
    private static final class StoppedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** @param stop looked at between steps of the run, and between those of its training */
    RetrainWork(RetrainRun run, Consumer<Progress> told, BooleanSupplier stop) {
        this.run = run;
        this.spec = run.spec();
        this.told = told;
        this.stop = stop;
    }

    /** To the end, or until it is to stop. What ends the run for good is in its record then, if the disk has room for it. */
    Ended run() throws InterruptedException {
        while (true) {
            Optional<Step> next = run.next();
            if (next.isEmpty()) {
                return run.failure()
                        .map(reason -> new Ended(Ended.How.FAILED, reason))
                        .orElse(new Ended(Ended.How.PASSED, ""));
            }
            if (stop.getAsBoolean()) {
                return new Ended(Ended.How.STOPPED, "");
            }
            Step step = next.get();
            try {
                told.accept(new Progress.At(step, 0));
                act(step);
                told.accept(new Progress.At(step, 1));
            } catch (StoppedException e) {
                return new Ended(Ended.How.STOPPED, "");
            } catch (RefusedException e) {
                return over(Ended.How.REFUSED, step, String.valueOf(e.getMessage()), e.checks);
            } catch (OutOfMemoryError e) {
                return over(
                        Ended.How.FAILED,
                        step,
                        "%s: out of memory (limits.memory_mib: %d)"
                                .formatted(step.id(), spec.limits().memoryMib()),
                        List.of());
            } catch (IOException | ModelRefusedException | RuntimeException | LinkageError e) {
                return over(Ended.How.FAILED, step, step.id() + ": " + firstLine(e), List.of());
            }
        }
    }

    private Ended over(Ended.How how, Step step, String reason, List<String> checks) {
        try {
            run.failed(step, reason, checks);
            return new Ended(how, reason);
        } catch (IOException e) {
            return Ended.failed(reason, e);
        }
    }

    private static String firstLine(Throwable e) {
        return Reason.of(e).lines().findFirst().orElse(e.toString());
    }

    private void act(Step step)
            throws IOException, ModelRefusedException, InterruptedException, RefusedException, StoppedException {
        switch (step) {
            case TRAIN -> train();
            case EXPORT -> export();
            case PARITY -> parity();
            case QUANTIZE -> quantize();
            case GATE -> gate();
        }
    }

    private Data data() throws IOException, ModelRefusedException {
        Data known = data;
        if (known == null) {
            Dataset base = base();
            known = new Data(base, MixedData.of(base, run.replayed(), spec));
            data = known;
        }
        return known;
    }

    /** With the champion's classes in their order, and in the shape that it takes. */
    private Dataset base() throws IOException, ModelRefusedException {
        byte[] champion = run.championModel();
        if (champion == null) {
            Dataset own = spec.base()
                    .dataset()
                    .load(WantedShape.OWN, DownloadListener.NONE)
                    .labelled();
            return own.resized(spec.architecture().input(own.shape()));
        }
        ModelSpec model = ModelSpec.describe(champion);
        return spec.base()
                .dataset()
                .load(WantedShape.exactly(ImageShape.of(model.pixels()), model.resizing()), DownloadListener.NONE)
                .labelledAs(model.labels());
    }

    private void train() throws IOException, ModelRefusedException, InterruptedException, StoppedException {
        Dataset mixed = data().mixed();
        Architecture architecture = spec.architecture();
        Network network = architecture.network(mixed.shape(), mixed.classes().size());
        Path folder = run.folder().resolve(RetrainRun.TRAINING);
        TrainingRun training = new TrainingRun(
                mixed,
                network,
                new TrainingPlan(spec.train().recipe(), tuning(network), null),
                Compute.fastest(spec.limits().threads()),
                folder,
                new Telling());
        if (training.run(stop).isEmpty()) {
            throw new StoppedException();
        }
        WholeFile.write(run.output(Step.TRAIN), Files.readAllBytes(folder.resolve(TrainingRun.MODEL)));
        Files.deleteIfExists(folder.resolve(TrainingRun.CHECKPOINT));
        Files.deleteIfExists(folder.resolve(TrainingRun.MODEL));
    }

    /** A classifier that knows the classes goes on with all the others; a new one learns alone at first. */
    private @Nullable FineTuning tuning(Network network) throws IOException {
        Optional<Path> initial = run.initial();
        if (initial.isEmpty()) {
            return null;
        }
        PretrainedWeights weights = PretrainedWeights.read(initial.get(), network);
        return new FineTuning(
                weights, weights.hasClassifier(network) ? 0 : 1, spec.train().learningRate());
    }

    private void export() throws IOException, ModelRefusedException {
        Dataset base = data().base();
        Map<String, String> lineage = new TreeMap<>(run.lineage());
        lineage.put("retrain.base", base.name());
        lineage.put("retrain.base.sha256", base.sha256());
        run.champion().ifPresent(version -> lineage.put(ModelMetadata.PARENT_VERSION, String.valueOf(version)));
        ModelProto model =
                OnnxExport.export(trained(), new ExportOptions(run.model(), InputKind.UINT8, Opset.DEFAULT, lineage));
        OnnxFile.write(model, run.output(Step.EXPORT));
    }

    private TrainedNet trained() throws IOException {
        return TrainedNet.load(run.output(Step.TRAIN));
    }

    private void parity() throws IOException, ModelRefusedException, RefusedException {
        LabelledImages images = data().mixed()
                .images(Split.VALIDATION)
                .shuffled(spec.train().seed())
                .first(PARITY_IMAGES);
        ParityReport report = new ParityCheck(
                        trained(), spec.limits().threads(), done -> tell(Step.PARITY, done, images.size()))
                .compare(Files.readAllBytes(run.output(Step.EXPORT)), images, ParityCheck.TOLERANCE);
        if (!report.passed()) {
            throw new RefusedException(
                    "parity: a logit differs by %s (expected: at most %s)"
                            .formatted(
                                    Math.max(report.maxDifference(), report.singleMaxDifference()), report.tolerance()),
                    List.of());
        }
        WholeFile.write(run.output(Step.PARITY), JSON.writeValueAsBytes(report));
    }

    private void quantize() throws IOException, ModelRefusedException {
        Dataset mixed = data().mixed();
        long seed = spec.train().seed();
        Path from = run.output(Step.EXPORT);
        ModelProto fp32 = OnnxFile.parse(Files.readAllBytes(from), from.toString());
        Quantizer.Outcome outcome = new Quantizer(QUANTIZE, new Stages())
                .quantize(
                        fp32,
                        ImageInput.of(fp32, OnnxFile.metadata(fp32)),
                        mixed.images(Split.TRAIN).shuffled(seed).first(CALIBRATION_IMAGES),
                        mixed.images(Split.VALIDATION).shuffled(seed).first(COMPARED_IMAGES),
                        true);
        WholeFile.write(run.folder().resolve("quantize.json"), JSON.writeValueAsBytes(outcome.report()));
        OnnxFile.write(outcome.model(), run.output(Step.QUANTIZE));
    }

    private void gate() throws IOException, ModelRefusedException, InterruptedException, RefusedException {
        byte[] candidate = run.candidate();
        byte[] champion = run.championModel();
        List<String> classes = data().mixed().classes();
        LabelledImages heldOut = run.replayed().heldOut();
        GateReport base = judge(data().base().images(Split.VALIDATION), classes, candidate, champion);
        tell(Step.GATE, 1, heldOut.size() == 0 ? 1 : 2);
        GateReport replayed = heldOut.size() == 0 ? null : judge(heldOut, classes, candidate, champion);
        GateVerdict verdict = GateVerdict.of(spec.gate(), base, replayed);
        verdict.checks().forEach(line -> told.accept(new Progress.Checked(line)));
        if (!verdict.passed()) {
            throw new RefusedException(verdict.reason(), verdict.checks());
        }
        run.passed(verdict.checks());
    }

    private GateReport judge(LabelledImages images, List<String> classes, byte[] candidate, byte @Nullable [] champion)
            throws IOException, InterruptedException {
        int memoryMib =
                Math.min(GateFile.Child.DEFAULT.memoryMib(), spec.limits().memoryMib());
        // The gate wants half of it for the model.
        int most =
                (int) Math.max(1, ((long) memoryMib << 20) / 4 / images.shape().bytes());
        GateFile file = new GateFile(
                // A minimum that everything meets has the figure in the report.
                new GateFile.Minimum(0.0, null, null, Map.of()),
                Metrics.DEFAULT,
                new GateFile.MaxDrop(null, champion == null ? null : 100.0),
                GATE_P99_MS,
                null,
                null,
                new GateFile.Child(memoryMib, GATE_SECONDS));
        return new Gate(file, images.shuffled(spec.train().seed()).first(Math.min(COMPARED_IMAGES, most)), classes)
                .judge(candidate, null, champion);
    }

    private void tell(Step step, long done, long of) {
        told.accept(new Progress.At(step, 0.99 * Math.min(done, of) / of));
    }

    /** What the training says. */
    private final class Telling implements TrainingListener {
        private long steps = 1;
        private long done;
        private long last = System.nanoTime();

        @Override
        public void started(long all, long before, List<EpochReport> history) {
            steps = all;
            done = before;
            history.forEach(this::finished);
            tell(Step.TRAIN, done, steps);
        }

        @Override
        public void stepped(int epoch, double loss) {
            done++;
            if (System.nanoTime() - last > TELL_NANOS) {
                last = System.nanoTime();
                tell(Step.TRAIN, done, steps);
            }
        }

        @Override
        public void finished(EpochReport report) {
            told.accept(new Progress.Epoch(report));
        }
    }

    /** What the quantizer says. */
    private final class Stages implements QuantizeListener {
        private static final List<String> ORDER = List.of("preparing", "calibrating", "comparing", "timing");

        @Override
        public void stage(String name) {
            tell(Step.QUANTIZE, Math.max(0, ORDER.indexOf(name.toLowerCase(Locale.ROOT))), ORDER.size());
        }
    }
}
