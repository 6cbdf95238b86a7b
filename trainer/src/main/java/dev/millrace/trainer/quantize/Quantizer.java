package dev.millrace.trainer.quantize;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.observe.ServedModel;
import dev.millrace.trainer.observe.SpeedComparison;
import dev.millrace.trainer.observe.TensorKind;
import dev.millrace.trainer.onnx.Graphs;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.prepare.PreparedModel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes an int8 model of an fp32 one and looks at what that is worth: what it costs on images it was not calibrated on and what it
 * brings in speed on this machine. Where it costs too much, the nodes that cost the most stay in fp32; where int8 is slower, all do.
 */
public final class Quantizer {
    private static final Duration SPEED_TEST = Duration.ofSeconds(2);
    /** What is gained below this is within what two measurements of one model differ by. */
    private static final double LEAST_SPEEDUP = 1.05;

    private static final int IMAGES_FOR_SENSITIVITY = 16;
    private static final int IMAGES_FOR_LAYERS = 4;

    private final QuantizeOptions options;
    private final QuantizeListener listener;
    private final Duration speedTest;

    public Quantizer(QuantizeOptions options, QuantizeListener listener) {
        this(options, listener, SPEED_TEST);
    }

    Quantizer(QuantizeOptions options, QuantizeListener listener, Duration speedTest) {
        this.options = options;
        this.listener = listener;
        this.speedTest = speedTest;
    }

    /**
     * The model to serve, and the figures that chose it.
     *
     * @param model the int8 model, or the given one unchanged
     */
    public record Outcome(ModelProto model, QuantizationReport report) {}

    /** An int8 model on trial: which nodes were kept in fp32 for it, and how near it is. */
    private record Trial(ModelProto model, WeightScheme scheme, Map<String, String> keep, Closeness closeness) {}

    /**
     * Quantizes.
     *
     * @param fp32 any ONNX model that takes images
     * @param calibration images to measure ranges on
     * @param heldOut images to compare on
     * @param labelled whether the labels of the held-out images are the model's
     * @throws IllegalArgumentException when the model cannot be prepared or has nothing to quantize, or a set of images is empty
     */
    public Outcome quantize(
            ModelProto fp32, ImageInput input, LabelledImages calibration, LabelledImages heldOut, boolean labelled)
            throws IOException {
        require(calibration, "calibration images");
        require(heldOut, "held-out images");
        requireFp32(fp32);
        listener.stage("preparing");
        PreparedModel prepared = PreparedModel.of(fp32, input, calibration);
        requireNodes(prepared.model().getGraph());
        listener.stage("calibrating");
        CalibratedModel calibrated = new CalibratedModel(prepared, options.calibration(), calibration);
        listener.stage("comparing");
        Reference reference = new Reference(fp32, input, heldOut, givesLogits(prepared), labelled);
        Closeness own = reference.own();
        Trial trial = withinDrop(calibrated, prepared, reference, own, heldOut);
        return outcome(fp32, prepared, calibrated, trial, own, heldOut);
    }

    /**
     * Makes a float16 model, for GPUs: it is compared on the CPU, where its speed says nothing.
     *
     * @throws IllegalArgumentException as {@link #quantize} does, and when more is lost than is allowed
     */
    public Outcome halve(
            ModelProto fp32, ImageInput input, LabelledImages calibration, LabelledImages heldOut, boolean labelled)
            throws IOException {
        require(calibration, "calibration images");
        require(heldOut, "held-out images");
        requireFp32(fp32);
        listener.stage("preparing");
        PreparedModel prepared = PreparedModel.of(fp32, input, calibration);
        HalfPrecision rewrite = new HalfPrecision(prepared);
        ModelProto half = rewrite.model();
        listener.stage("comparing");
        Reference reference = new Reference(fp32, input, heldOut, givesLogits(prepared), labelled);
        Closeness own = reference.own();
        Closeness closeness = reference.compare(half);
        if (!(closeness.drop(own) <= options.maxDrop())) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT,
                    "fp16: loses %.2f points (%s; expected: at most %.2f)",
                    100 * closeness.drop(own),
                    meaning(own),
                    100 * options.maxDrop()));
        }
        List<QuantizationReport.KeptNode> kept = rewrite.staysFloat().entrySet().stream()
                .map(node -> new QuantizationReport.KeptNode(node.getKey(), node.getValue()))
                .toList();
        SpeedComparison speed = speeds(half, prepared, heldOut);
        Result result = new Result("fp16", null, null, half, closeness, speed, kept, List.of());
        return new Outcome(half, report(result, fp32, prepared, own, heldOut));
    }

    /** Beside the prepared fp32 model, which is never slower than the one that was given. */
    private SpeedComparison speeds(ModelProto other, PreparedModel prepared, LabelledImages images) {
        try (ServedModel before = new ServedModel(prepared.model(), prepared.input());
                ServedModel after = new ServedModel(other, prepared.input())) {
            return SpeedComparison.of(before, after, images, speedTest);
        }
    }

    private static void require(LabelledImages images, String what) {
        if (images.size() == 0) {
            throw new IllegalArgumentException(what + ": none (expected: at least one)");
        }
    }

    private static void requireFp32(ModelProto model) {
        String precision = OnnxFile.metadata(model).getOrDefault(ModelMetadata.PRECISION, "fp32");
        if (!precision.equals("fp32")) {
            throw new IllegalArgumentException("%s: %s (expected: fp32)".formatted(ModelMetadata.PRECISION, precision));
        }
    }

    private void requireNodes(GraphProto graph) {
        List<String> names = graph.getNodeList().stream().map(Graphs::nameOf).toList();
        for (String node : options.keep()) {
            if (!names.contains(node)) {
                throw new IllegalArgumentException("node: %s (expected: one of %s)".formatted(node, names));
            }
        }
    }

    private static boolean givesLogits(PreparedModel prepared) {
        GraphProto graph = prepared.model().getGraph();
        TensorKind kind = prepared.kinds().getOrDefault(graph.getOutput(0).getName(), new TensorKind(false, 0));
        return graph.getOutputCount() == 1 && kind.real() && kind.rank() == 2;
    }

    /** The model with as few nodes in fp32 as the allowed drop asks for, by halving the list of the most costly ones. */
    private Trial withinDrop(
            CalibratedModel calibrated,
            PreparedModel prepared,
            Reference reference,
            Closeness own,
            LabelledImages heldOut) {
        Map<String, String> wished = new HashMap<>();
        options.keep().forEach(node -> wished.put(node, "as asked (--keep)"));
        Trial all = bestWidth(calibrated, reference, wished);
        if (all.closeness().drop(own) <= options.maxDrop()) {
            return all;
        }
        Reference few =
                new Reference(prepared.model(), prepared.input(), heldOut.first(IMAGES_FOR_SENSITIVITY), false, false);
        int candidates = calibrated.plan(wished).integer.size();
        List<Map.Entry<String, Double>> costly = new ArrayList<>(
                Sensitivity.measure(calibrated, all.scheme(), few, node -> listener.measured(node, candidates))
                        .entrySet());
        costly.removeIf(entry -> wished.containsKey(entry.getKey()));
        Trial last = all;
        Trial within = null;
        int tooFew = 0;
        int enough = costly.size();
        while (tooFew + 1 < enough) {
            // Steps are short at first: few nodes cost most of it, as a rule.
            int count = tooFew + Math.max(1, (enough - tooFew) / 4);
            Map<String, String> keep = new HashMap<>(wished);
            costly.subList(0, count).forEach(entry -> keep.put(entry.getKey(), cost(entry.getValue())));
            last = trial(calibrated, reference, all.scheme(), keep);
            listener.tried(count, last.closeness().drop(own));
            if (last.closeness().drop(own) <= options.maxDrop()) {
                within = last;
                enough = count;
            } else {
                tooFew = count;
            }
        }
        return within == null ? last : within;
    }

    private static String cost(double decibels) {
        return String.format(Locale.ROOT, "too costly in int8: alone it leaves %.1f dB", decibels);
    }

    private Trial bestWidth(CalibratedModel calibrated, Reference reference, Map<String, String> keep) {
        WeightWidth width = options.width();
        if (width != null) {
            return trial(calibrated, reference, new WeightScheme(width, options.perChannel()), keep);
        }
        Trial seven =
                trial(calibrated, reference, new WeightScheme(WeightWidth.SEVEN_BITS, options.perChannel()), keep);
        Trial eight =
                trial(calibrated, reference, new WeightScheme(WeightWidth.EIGHT_BITS, options.perChannel()), keep);
        Closeness equal = new Closeness(Double.NaN, 1, Closeness.EQUAL_DB);
        double gained = Double.isNaN(seven.closeness().top1())
                ? seven.closeness().drop(equal) - eight.closeness().drop(equal)
                : eight.closeness().top1() - seven.closeness().top1();
        return WeightWidth.choose(0, gained) == WeightWidth.EIGHT_BITS ? eight : seven;
    }

    private static Trial trial(
            CalibratedModel calibrated, Reference reference, WeightScheme scheme, Map<String, String> keep) {
        ModelProto model = calibrated.model(scheme, keep);
        return new Trial(model, scheme, keep, reference.compare(model));
    }

    private Outcome outcome(
            ModelProto fp32,
            PreparedModel prepared,
            CalibratedModel calibrated,
            Trial trial,
            Closeness own,
            LabelledImages heldOut) {
        listener.stage("timing");
        SpeedComparison speed = speeds(trial.model(), prepared, heldOut);
        String reason = reasonForFp32(trial, own, speed);
        Result result = reason == null
                ? int8(prepared, calibrated, trial, speed, heldOut)
                : new Result(
                        "fp32",
                        reason,
                        null,
                        fp32,
                        own,
                        new SpeedComparison(speed.firstImagesPerSecond(), speed.firstImagesPerSecond()),
                        List.of(new QuantizationReport.KeptNode("*", reason)),
                        List.of());
        return new Outcome(result.model(), report(result, fp32, prepared, own, heldOut));
    }

    private static Result int8(
            PreparedModel prepared,
            CalibratedModel calibrated,
            Trial trial,
            SpeedComparison speed,
            LabelledImages heldOut) {
        GraphPlan plan = calibrated.plan(trial.keep());
        List<QuantizationReport.KeptNode> kept = new ArrayList<>();
        plan.staysFloat.forEach((node, why) -> kept.add(new QuantizationReport.KeptNode(node, why)));
        List<QuantizationReport.Layer> layers = new ArrayList<>();
        LayerNoise.measure(prepared, trial.model(), plan, heldOut.first(IMAGES_FOR_LAYERS))
                .forEach((node, decibels) -> layers.add(new QuantizationReport.Layer(node, decibels)));
        return new Result(
                "int8", null, trial.scheme().toString(), withTop1(trial), trial.closeness(), speed, kept, layers);
    }

    /** What came out, before it is set beside what went in. */
    private record Result(
            String precision,
            @Nullable String reason,
            @Nullable String weights,
            ModelProto model,
            Closeness closeness,
            SpeedComparison speed,
            List<QuantizationReport.KeptNode> kept,
            List<QuantizationReport.Layer> layers) {}

    private static QuantizationReport report(
            Result result, ModelProto fp32, PreparedModel prepared, Closeness own, LabelledImages heldOut) {
        return new QuantizationReport(
                result.precision(),
                result.reason(),
                result.weights(),
                prepared.opsetBefore(),
                Graphs.opset(result.model()),
                heldOut.size(),
                result.closeness().drop(own),
                meaning(own),
                orNull(own.top1()),
                orNull(result.closeness().top1()),
                result.closeness().sqnrDb(),
                result.speed().firstImagesPerSecond(),
                result.speed().secondImagesPerSecond(),
                result.speed().speedup(),
                fp32.getSerializedSize(),
                result.model().getSerializedSize(),
                result.kept(),
                result.layers());
    }

    private @Nullable String reasonForFp32(Trial trial, Closeness own, SpeedComparison speed) {
        double drop = trial.closeness().drop(own);
        if (!(drop <= options.maxDrop())) {
            return String.format(
                    Locale.ROOT,
                    "int8 loses %.2f points (%s; allowed: %.2f), whatever is kept in fp32",
                    100 * drop,
                    meaning(own),
                    100 * options.maxDrop());
        }
        if (speed.speedup() < LEAST_SPEEDUP && !options.evenIfSlower()) {
            return String.format(
                    Locale.ROOT,
                    "int8 is not faster on this machine: %.3f times the speed of fp32 (expected: from %.2f)",
                    speed.speedup(),
                    LEAST_SPEEDUP);
        }
        return null;
    }

    private static String meaning(Closeness own) {
        if (!Double.isNaN(own.top1())) {
            return "top1";
        }
        return Double.isNaN(own.agreement()) ? "noise" : "disagreement";
    }

    private static @Nullable Double orNull(double value) {
        return Double.isNaN(value) ? null : value;
    }

    private static ModelProto withTop1(Trial trial) {
        if (Double.isNaN(trial.closeness().top1())) {
            return trial.model();
        }
        Map<String, String> metadata = OnnxFile.metadata(trial.model());
        metadata.put(
                ModelMetadata.METRICS + "top1.validation",
                String.format(Locale.ROOT, "%.4f", trial.closeness().top1()));
        return OnnxFile.withMetadata(trial.model(), metadata);
    }
}
