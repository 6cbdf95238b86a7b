package dev.millrace.bench.faults.load;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.PredictorOptions;
import dev.millrace.worker.model.ModelRefusedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** The images of the requests, and the label that the bundled model gives to each. Immutable. */
public final class TestImages {
    private static final int COUNT = 64;

    private final LabelledImages images;
    private final byte[] model;
    private final Map<Integer, Integer> labels = new HashMap<>();

    private TestImages(LabelledImages images, byte[] model) {
        this.images = images;
        this.model = model;
    }

    /**
     * Reads the bundled model and sample, and labels the images in this process.
     *
     * @throws IOException when this build has no such model or sample, or they do not fit each other
     */
    public static TestImages load() throws IOException {
        LabelledImages sample = DatasetSpec.parse(BundledModels.FASHION_MNIST)
                .load()
                .images(Split.TEST)
                .first(COUNT);
        TestImages loaded = new TestImages(sample, BundledModels.read(BundledModels.FASHION_MNIST));
        try (Predictor predictor = Predictor.load(loaded.model, PredictorOptions.DEFAULT)) {
            for (int i = 0; i < sample.size(); i++) {
                EncodedImage image = EncodedImage.raw(
                        sample.shape().width(),
                        sample.shape().height(),
                        sample.shape().channels(),
                        sample.image(i));
                loaded.labels.put(i, predictor.predict(image).top().index());
            }
        } catch (ModelRefusedException | ImageRejectedException e) {
            throw new IOException("bundled model: " + e.getMessage(), e);
        }
        return loaded;
    }

    /** How many there are. */
    public int size() {
        return images.size();
    }

    /** The ONNX bytes. */
    public byte[] model() {
        return model.clone();
    }

    /** Class index by image, as the model says. */
    public Map<Integer, Integer> labels() {
        return Map.copyOf(labels);
    }

    /** A request for image {@code i}. */
    ImageRequest request(String requestId, int i) {
        byte[] pixels = images.image(i);
        CRC32C crc = new CRC32C();
        crc.update(pixels);
        ImageRequest request = new ImageRequest();
        request.setRequestId(requestId);
        request.setModel("");
        request.setEncoding(ImageEncoding.RAW_U8);
        request.setWidth(images.shape().width());
        request.setHeight(images.shape().height());
        request.setChannels(images.shape().channels());
        request.setBytes(ByteBuffer.wrap(pixels));
        request.setCrc32c(crc.getValue());
        request.setCreatedAt(Instant.now());
        request.setTags(Map.of());
        return request;
    }
}
