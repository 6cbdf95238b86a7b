package dev.millrace.bench.limit.child;

import dev.millrace.bench.bed.Lines;
import dev.millrace.bench.bed.Subject;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * What a worker is compared with, for one model, one batch size and some devices. Arguments: model, batch, devices. Orders:
 * {@code raw MILLIS}, {@code dry MILLIS}, {@code warm MILLIS}, {@code stages MILLIS}, and
 * {@code plain BOOTSTRAP REQUESTS RESULTS GROUP RECORDS PER-POLL}.
 */
public final class ContestantsMain {
    /** Answers {@link Effort}. */
    public static final String RAW = "raw";
    /** Answers {@link Effort}. */
    public static final String DRY = "dry";
    /** As {@link #DRY}, with the model that does nothing. */
    public static final String WARM = "warm";
    /** Answers {@link StageEfforts}. */
    public static final String STAGES = "stages";
    /** Answers {@link PlainLoop.Account}. */
    public static final String PLAIN = "plain";

    private final List<LoadedModel> models = new ArrayList<>();
    private final List<Device> devices;
    private final PinnedThreads threads;
    private final DryLanes lanes;
    private final Stages stages;
    private final int batch;

    /** Efforts by the name of the stage, in order. */
    public record StageEfforts(Map<String, Effort> stages) {}

    private ContestantsMain(Subject subject, int batch, List<Device> devices) throws Exception {
        this.batch = batch;
        this.devices = devices;
        threads = new PinnedThreads(devices);
        for (Device device : devices) {
            models.add(LoadedModel.load(subject.onnx(), subject.spec(), DeviceRequest.require(device), batch));
        }
        for (LoadedModel model : models) {
            fill(model, subject.requests());
        }
        stages = new Stages(subject, models.get(0), batch);
        lanes = new DryLanes(subject, batch, devices);
    }

    /** With what the lanes get: arithmetic on zeros takes less power, and a CPU that has some left is faster. */
    private void fill(LoadedModel model, List<ImageRequest> requests) throws ImageRejectedException {
        Predictor predictor = new Predictor(model, 1, DecodeLimits.DEFAULT);
        for (int slot = 0; slot < batch; slot++) {
            predictor.decode(Samples.image(requests.get(slot % requests.size())), slot);
        }
    }

    private void obey(List<String> words) throws Exception {
        switch (words.get(0)) {
            case RAW -> Lines.tell(RAW, raw(Long.parseLong(words.get(1))));
            case DRY -> Lines.tell(DRY, lanes.run(Long.parseLong(words.get(1)), false));
            case WARM -> Lines.tell(WARM, lanes.run(Long.parseLong(words.get(1)), true));
            case STAGES -> Lines.tell(STAGES, new StageEfforts(stages.run(threads, Long.parseLong(words.get(1)))));
            case PLAIN -> Lines.tell(PLAIN, plain(words));
            default ->
                throw new IllegalArgumentException("order: " + words + " (expected: raw, dry, warm, stages or plain)");
        }
    }

    /** Session runs and nothing else, with input and output where they were put once and for all. */
    private Effort raw(long millis) throws Exception {
        List<PinnedThreads.Loop> loops = new ArrayList<>();
        for (LoadedModel model : models) {
            loops.add(() -> {
                model.run(batch);
                return batch;
            });
        }
        return threads.run(loops, millis);
    }

    private PlainLoop.Account plain(List<String> words) {
        PlainLoop.Plan plan = new PlainLoop.Plan(
                words.get(1),
                words.get(2),
                words.get(3),
                words.get(4),
                Long.parseLong(words.get(5)),
                Integer.parseInt(words.get(6)),
                devices.get(0));
        return PlainLoop.run(plan);
    }

    /** Follows orders until standard input ends. */
    public static void main(String[] args) throws Exception {
        List<Device> devices =
                Arrays.stream(args[2].split(",")).map(Device::parse).toList();
        ContestantsMain contestants = new ContestantsMain(Subject.of(args[0]), Integer.parseInt(args[1]), devices);
        System.out.println("ready");
        Lines.follow(contestants::obey);
    }
}
