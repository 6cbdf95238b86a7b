package dev.millrace.bench;

import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Encoding;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A batch put together: eight images of 32 x 32 RGB into the planes of one buffer, beside the copy of their bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class ImageDecoderBenchmark {
    private static final int SIDE = 32;
    private static final int BATCH = 8;
    private static final PixelShape SHAPE = new PixelShape(SIDE, SIDE, 3, TensorLayout.NCHW, ChannelOrder.RGB);

    /** How the images come. */
    @Param
    public Encoding encoding = Encoding.RAW_U8;

    private final ImageDecoder decoder = new ImageDecoder(SHAPE, DecodeLimits.DEFAULT);
    private final ByteBuffer batch = ByteBuffer.allocateDirect(BATCH * SHAPE.bytes());
    private EncodedImage image = EncodedImage.raw(1, 1, 1, new byte[1]);

    /** Makes one image of random pixels. */
    @Setup
    public void prepare() throws IOException {
        byte[] pixels = new byte[SHAPE.bytes()];
        new Random(1).nextBytes(pixels);
        image = switch (encoding) {
            case RAW_U8 -> EncodedImage.raw(SIDE, SIDE, 3, pixels);
            case RAW_U8_CHW -> EncodedImage.planes(SIDE, SIDE, 3, pixels);
            case PNG -> EncodedImage.png(file("png", pixels));
            case JPEG -> EncodedImage.jpeg(file("jpg", pixels));
        };
    }

    private static byte[] file(String format, byte[] pixels) throws IOException {
        BufferedImage picture = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < SIDE * SIDE; i++) {
            int rgb = 0;
            for (int c = 0; c < 3; c++) {
                rgb = rgb << 8 | Byte.toUnsignedInt(pixels[i * 3 + c]);
            }
            picture.setRGB(i % SIDE, i / SIDE, rgb);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (!ImageIO.write(picture, format, bytes)) {
            throw new IOException("format: " + format + " (expected: one that this JDK writes)");
        }
        return bytes.toByteArray();
    }

    /** The baseline. */
    @Benchmark
    public ByteBuffer copyOfTheBytes() {
        for (int slot = 0; slot < BATCH; slot++) {
            int bytes = Math.min(SHAPE.bytes(), image.bytes().remaining());
            batch.put(slot * SHAPE.bytes(), image.bytes(), image.bytes().position(), bytes);
        }
        return batch;
    }

    /** Checks, decodes, and puts colours into planes. */
    @Benchmark
    public ByteBuffer decode() throws ImageRejectedException {
        for (int slot = 0; slot < BATCH; slot++) {
            decoder.decode(image, batch, slot * SHAPE.bytes());
        }
        return batch;
    }
}
