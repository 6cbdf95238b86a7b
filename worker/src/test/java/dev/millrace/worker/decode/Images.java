package dev.millrace.worker.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Test images, and what a decoder makes of them. */
final class Images {

    static final PixelShape GREY_6X5 = new PixelShape(5, 6, 1, TensorLayout.NCHW, ChannelOrder.GREY);
    static final PixelShape RGB_6X5 = new PixelShape(5, 6, 3, TensorLayout.NHWC, ChannelOrder.RGB);

    private Images() {}

    static byte[] noise(long seed, int bytes) {
        byte[] noise = new byte[bytes];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    /** HWC pixels as ImageIO's own kind of image: grey or interleaved RGB. */
    static BufferedImage buffered(int width, int height, int channels, byte[] hwc) {
        BufferedImage image = new BufferedImage(
                width, height, channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
        int[] samples = new int[hwc.length];
        for (int i = 0; i < hwc.length; i++) {
            samples[i] = hwc[i] & 0xFF;
        }
        image.getRaster().setPixels(0, 0, width, height, samples);
        return image;
    }

    static byte[] written(String format, BufferedImage image) throws IOException {
        return written(format, image, false);
    }

    static byte[] written(String format, BufferedImage image, boolean progressive) throws IOException {
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriteParam param = writer.getDefaultWriteParam();
        if (progressive) {
            param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
        }
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image, null, null), param);
        } finally {
            writer.dispose();
        }
        return out.toByteArray();
    }

    static ImageDecoder decoder(PixelShape target) {
        return new ImageDecoder(target, DecodeLimits.DEFAULT);
    }

    static byte[] decode(PixelShape target, EncodedImage image) throws ImageRejectedException {
        return decode(decoder(target), target, image);
    }

    static byte[] decode(ImageDecoder decoder, PixelShape target, EncodedImage image) throws ImageRejectedException {
        ByteBuffer into = ByteBuffer.allocateDirect(target.bytes());
        decoder.decode(image, into, 0);
        byte[] pixels = new byte[target.bytes()];
        into.get(0, pixels);
        return pixels;
    }

    static ImageRejectedException rejection(PixelShape target, EncodedImage image) {
        return rejection(decoder(target), target, image);
    }

    static ImageRejectedException rejection(ImageDecoder decoder, PixelShape target, EncodedImage image) {
        ImageRejectedException rejected =
                catchThrowableOfType(ImageRejectedException.class, () -> decode(decoder, target, image));
        assertThat(rejected).as("rejection").isNotNull();
        return rejected;
    }
}
