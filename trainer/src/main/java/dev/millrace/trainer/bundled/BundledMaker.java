package dev.millrace.trainer.bundled;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.bundled.BundledModel.Demands;
import dev.millrace.trainer.calibrate.Calibration;
import dev.millrace.trainer.calibrate.RangeMethod;
import dev.millrace.trainer.dataset.BundledSample;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.EvaluationOptions;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.trainer.evaluate.Metrics;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.files.WholeFile;
import dev.millrace.trainer.fit.Distillation;
import dev.millrace.trainer.fit.TrainingListener;
import dev.millrace.trainer.fit.TrainingPlan;
import dev.millrace.trainer.fit.TrainingRun;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.PixelInput;
import dev.millrace.trainer.parity.ParityCheck;
import dev.millrace.trainer.parity.ParityReport;
import dev.millrace.trainer.quantize.QuantizeListener;
import dev.millrace.trainer.quantize.QuantizeOptions;
import dev.millrace.trainer.quantize.Quantizer;
import dev.millrace.trainer.quantize.Quantizer.Outcome;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.weights.TrainedNet;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** Makes a model that is packed with Millrace: train, export, parity, quantize, evaluate. One thread. */
public final class BundledMaker {
    static final String MODEL = "model.int8.onnx";

    private static final String CARD = "MODEL_CARD.md";
    private static final int CALIBRATION_IMAGES = 512;
    private static final double PERCENTILE = 99.99;
    private static final EvaluationOptions WITH_FLIP =
            new EvaluationOptions(Metrics.DEFAULT, PixelInput.AS_THE_MODEL_SAYS, true, 8);

    private final Dataset data;
    private final Path runs;
    private final int threads;

    /**
     * Makes models from this data set.
     *
     * @param runs holds a folder for each training run
     * @param threads of PyTorch
     */
    public BundledMaker(Dataset data, Path runs, int threads) {
        this.data = data;
        this.runs = runs;
        this.threads = threads;
    }

    /**
     * Does a run, or goes on where it was stopped.
     *
     * @return whether it is done now; false when {@code stop} said so
     */
    public boolean train(Training training, TrainingListener progress, BooleanSupplier stop)
            throws IOException, InterruptedException {
        String teacher = training.teacher();
        Distillation distillation = teacher == null
                ? null
                : Distillation.by(BundledModels.read(teacher), Distillation.WEIGHT, Distillation.TEMPERATURE);
        return new TrainingRun(
                        data,
                        training.architecture()
                                .network(data.shape(), data.classes().size()),
                        new TrainingPlan(training.recipe(), null, distillation),
                        Compute.fastest(threads),
                        run(training),
                        progress)
                .run(stop)
                .isPresent();
    }

    /**
     * Makes the int8 model from a trained one, and its card.
     *
     * @param out holds a folder for each model
     * @return the card
     * @throws IOException when it falls short of what is demanded; nothing is written then
     */
    public String write(BundledModel model, Path out) throws IOException, ModelRefusedException {
        TrainedNet trained = TrainedNet.load(run(model.training()).resolve(TrainingRun.MODEL));
        ModelProto fp32 = OnnxExport.export(trained, model.id());
        ParityReport parity = new ParityCheck(trained, threads)
                .compare(fp32.toByteArray(), data.images(Split.TEST), ParityCheck.TOLERANCE);
        require(parity.passed(), "parity", parity.maxDifference(), "at most " + parity.tolerance());
        ModelProto chosen = quantized(fp32, model.training().recipe().divided(data));
        Evaluator test = new Evaluator(data.images(Split.TEST), data.classes(), WITH_FLIP, done -> {});
        Evaluation ofFp32 = test.evaluate(fp32.toByteArray());
        Evaluation ofInt8 = test.evaluate(chosen.toByteArray());
        Map<String, String> metadata = OnnxFile.metadata(chosen);
        metadata.put(ModelMetadata.METRICS + "top1.test", String.format(Locale.ROOT, "%.4f", ofInt8.top1()));
        ModelProto int8 = OnnxFile.withMetadata(chosen, metadata);
        meet(model.demands(), ofFp32, ofInt8, int8.getSerializedSize());

        Path folder = out.resolve(model.id());
        if (model == BundledModel.FASHION_MNIST) {
            BundledSample.write(data, folder);
        }
        String card = new ModelCard(
                        model, trained, metadata, parity, ofFp32, ofInt8.withBytes(int8.getSerializedSize()))
                .markdown();
        OnnxFile.write(int8, folder.resolve(MODEL));
        WholeFile.write(folder.resolve(CARD), card.getBytes(StandardCharsets.UTF_8));
        WholeFile.write(
                folder.resolve(TrainingRun.CURVE),
                Files.readAllBytes(run(model.training()).resolve(TrainingRun.CURVE)));
        return card;
    }

    /**
     * By every method for ranges; of what they make, the one with the least noise in the logits of the validation images. Top-1 of some
     * thousand images cannot tell them apart: they differ in a few.
     */
    private static ModelProto quantized(ModelProto fp32, Dataset data) throws IOException, ModelRefusedException {
        Outcome best = null;
        for (RangeMethod method : RangeMethod.values()) {
            Outcome made = quantized(fp32, data, method);
            if (best == null || made.report().sqnrDb() > best.report().sqnrDb()) {
                best = made;
            }
        }
        return Objects.requireNonNull(best).model();
    }

    private static Outcome quantized(ModelProto fp32, Dataset data, RangeMethod method)
            throws IOException, ModelRefusedException {
        QuantizeOptions common = QuantizeOptions.DEFAULT;
        QuantizeOptions options = new QuantizeOptions(
                new Calibration(method, PERCENTILE),
                common.perChannel(),
                common.width(),
                common.keep(),
                common.maxDrop(),
                common.evenIfSlower());
        return new Quantizer(options, QuantizeListener.NONE)
                .quantize(
                        fp32,
                        ImageInput.of(fp32, OnnxFile.metadata(fp32)),
                        data.images(Split.TRAIN).first(CALIBRATION_IMAGES),
                        data.images(Split.VALIDATION),
                        true);
    }

    private Path run(Training training) {
        return runs.resolve(training.id());
    }

    private static void meet(Demands demands, Evaluation fp32, Evaluation int8, long bytes) throws IOException {
        double lost = fp32.top1() - int8.top1();
        require(int8.top1() >= demands.leastTop1(), "top-1", int8.top1(), "at least " + demands.leastTop1());
        require(lost <= demands.mostLostToInt8(), "top-1 lost to int8", lost, "at most " + demands.mostLostToInt8());
        require(bytes <= demands.mostBytes(), "bytes", bytes, "at most " + demands.mostBytes());
    }

    private static void require(boolean holds, String what, Number value, String expected) throws IOException {
        if (!holds) {
            throw new IOException("%s: %s (expected: %s); nothing was written".formatted(what, value, expected));
        }
    }
}
