package dev.millrace.bench.limit.child;

import dev.millrace.bench.bed.Subject;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.ScoredLabel;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelSpec;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.zip.CRC32C;

/** The steps of a lane between consumer and producer, each alone, over and over, on one pinned thread. */
final class Stages {
    private final WireCodec<ImageRequest> codec = new WireCodec<>(ImageRequest.class);
    private final WireCodec<InferenceResult> results = new WireCodec<>(InferenceResult.class);
    private final CRC32C crc = new CRC32C();
    private final List<ImageRequest> requests;
    private final List<ByteBuffer> records;
    private final Predictor predictor;
    private final ModelSpec spec;
    private final int batch;
    private int next;
    /** Read, so that no step is optimised away. */
    private long seen;

    Stages(Subject subject, LoadedModel model, int batch) {
        this.requests = subject.requests();
        this.records =
                requests.stream().map(codec::encode).map(ByteBuffer::wrap).toList();
        this.predictor = new Predictor(model, 5, DecodeLimits.DEFAULT);
        this.spec = subject.spec();
        this.batch = batch;
    }

    /** Runs each for so long; in the order in which an image meets them. */
    Map<String, Effort> run(PinnedThreads thread, long millis) throws InterruptedException, ExecutionException {
        predictor.run(batch);
        Map<String, PinnedThreads.Loop> steps = new LinkedHashMap<>();
        steps.put("avro", () -> each(() -> seen += codec.decode(record()).getChannels()));
        steps.put("crc", () -> each(this::checksum));
        steps.put("decode", this::decode);
        steps.put("infer", () -> {
            predictor.run(batch);
            return batch;
        });
        steps.put("softmax", this::softmax);
        steps.put("encode", this::encode);
        Map<String, Effort> efforts = new LinkedHashMap<>();
        for (Map.Entry<String, PinnedThreads.Loop> step : steps.entrySet()) {
            thread.run(List.of(step.getValue()), millis / 2);
            efforts.put(step.getKey(), thread.run(List.of(step.getValue()), millis));
        }
        return efforts;
    }

    /** What {@link #each} repeats. */
    private interface Step {
        void run() throws Exception;
    }

    /** One image takes less than a look at the clock. */
    private int each(Step step) throws Exception {
        for (int i = 0; i < requests.size(); i++) {
            step.run();
        }
        return requests.size();
    }

    private ByteBuffer record() {
        next = (next + 1) % records.size();
        return records.get(next);
    }

    private ImageRequest request() {
        next = (next + 1) % requests.size();
        return requests.get(next);
    }

    private void checksum() {
        crc.reset();
        crc.update(request().getBytes().duplicate());
        seen += crc.getValue();
    }

    private int decode() throws Exception {
        for (int slot = 0; slot < batch; slot++) {
            predictor.decode(Samples.image(request()), slot);
        }
        return batch;
    }

    private int softmax() {
        for (int slot = 0; slot < batch; slot++) {
            seen += predictor.top(slot).size();
        }
        return batch;
    }

    private int encode() throws Exception {
        List<ScoredLabel> top = predictor.top(0);
        return each(() -> seen += results.encode(Samples.result(spec, top, seen, batch)).length);
    }
}
