package dev.millrace.bench.bed;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * A model that is measured, and requests for it: raw images of noise in its own size, with a checksum. What a network makes
 * of them takes as long as what it makes of photos.
 */
public final class Subject {
    private static final int IMAGES = 64;

    private final byte[] onnx;
    private final ModelSpec spec;

    private Subject(byte[] onnx, ModelSpec spec) {
        this.onnx = onnx;
        this.spec = spec;
    }

    /**
     * Reads a model.
     *
     * @param argument {@code null}, which does nothing, or whatever stands for a model elsewhere
     */
    public static Subject of(String argument) throws IOException {
        return argument.equals(NullModel.NAME)
                ? of(argument, NullModel.onnx(NullModel.SHAPE))
                : of(argument, BundledModels.read(argument));
    }

    /**
     * The model that does nothing, for images of this one's shape: with it a process has answered a million images, and its
     * compilers rest, before a slow model has answered some thousand.
     */
    public Subject idle() throws IOException {
        return of(NullModel.NAME, NullModel.onnx(spec.pixels()));
    }

    /**
     * A model that is there already.
     *
     * @param name for people
     */
    public static Subject of(String name, byte[] onnx) throws IOException {
        try {
            return new Subject(onnx, ModelSpec.describe(onnx));
        } catch (ModelRefusedException e) {
            throw new IOException("model: " + name + ": " + e.getMessage(), e);
        }
    }

    /** Whether this one does nothing itself. */
    public boolean isIdle() {
        return spec.name().equals(NullModel.NAME);
    }

    /** The model file. */
    public byte[] onnx() {
        return onnx.clone();
    }

    public ModelSpec spec() {
        return spec;
    }

    /** Requests without a moment of creation or an id, each with an image of its own. */
    public List<ImageRequest> requests() {
        Random random = new Random(1);
        PixelShape shape = spec.pixels();
        int channels = shape.order() == ChannelOrder.GREY ? 1 : 3;
        List<ImageRequest> requests = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            byte[] pixels = new byte[shape.width() * shape.height() * channels];
            random.nextBytes(pixels);
            CRC32C crc = new CRC32C();
            crc.update(pixels);
            requests.add(new ImageRequest(
                    "",
                    spec.name(),
                    null,
                    ImageEncoding.RAW_U8,
                    shape.width(),
                    shape.height(),
                    channels,
                    ByteBuffer.wrap(pixels),
                    crc.getValue(),
                    Instant.EPOCH,
                    null,
                    Map.of()));
        }
        return requests;
    }
}
