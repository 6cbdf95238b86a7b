package dev.millrace.bench;

import dev.millrace.worker.decode.ChannelOrder;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Encoding;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.decode.Resizing;
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

/** One picture of some size, decoded and letterboxed to a detector's 352 x 352 planes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class PictureDecoderBenchmark {
    private static final int SIDE = 352;
    private static final PixelShape SHAPE = new PixelShape(SIDE, SIDE, 3, TensorLayout.NCHW, ChannelOrder.RGB);

    /** Its width; its height is three quarters of that. */
    @Param({"32", "224", "1920"})
    public int width = 224;

    /** How it comes. */
    @Param
    public Encoding encoding = Encoding.JPEG;

    /** How it is resampled. */
    @Param({"AREA", "BILINEAR"})
    public Resizing.Filter filter = Resizing.Filter.AREA;

    private final ByteBuffer tensor = ByteBuffer.allocateDirect(SHAPE.bytes());
    private ImageDecoder decoder = new ImageDecoder(SHAPE, DecodeLimits.DEFAULT);
    private EncodedImage image = EncodedImage.raw(1, 1, 1, new byte[1]);

    /** Makes a picture that compresses as photographs do: smooth, with edges and a little noise. */
    @Setup
    public void prepare() throws IOException {
        int height = width * 3 / 4;
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        byte[] hwc = new byte[width * height * 3];
        byte[] planes = new byte[hwc.length];
        Random random = new Random(1);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int rgb = 0;
                for (int c = 0; c < 3; c++) {
                    double wave = Math.sin(x * (9.0 + c) / width) + Math.cos(y * (7.0 - c) / height);
                    double edge = (x * 8 / width + y * 6 / height) % 2 * 40;
                    int value = (int) Math.max(0, Math.min(255, 108 + 40 * wave + edge + 6 * random.nextGaussian()));
                    rgb = rgb << 8 | value;
                    hwc[(y * width + x) * 3 + c] = (byte) value;
                    planes[(c * height + y) * width + x] = (byte) value;
                }
                picture.setRGB(x, y, rgb);
            }
        }
        image = switch (encoding) {
            case RAW_U8 -> EncodedImage.raw(width, height, 3, hwc);
            case RAW_U8_CHW -> EncodedImage.planes(width, height, 3, planes);
            case PNG -> EncodedImage.png(file("png", picture));
            case JPEG -> EncodedImage.jpeg(file("jpg", picture));
        };
        decoder = new ImageDecoder(SHAPE, new Resizing(Resizing.Fit.LETTERBOX, filter, 114), DecodeLimits.DEFAULT);
    }

    private static byte[] file(String format, BufferedImage picture) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        if (!ImageIO.write(picture, format, bytes)) {
            throw new IOException("format: " + format + " (expected: one that this JDK writes)");
        }
        return bytes.toByteArray();
    }

    /** Checks, decodes, resamples, and puts colours into planes. */
    @Benchmark
    public Placement decode() throws ImageRejectedException {
        return decoder.decode(image, tensor, 0);
    }
}
