package dev.millrace.peers.decode;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.opencv.core.Mat;
import org.opencv.core.MatOfByte;
import org.opencv.imgcodecs.Imgcodecs;

/**
 * The same JPEG file to interleaved bytes by the JDK's ImageIO, which Millrace uses, by TwelveMonkeys' reader and by OpenCV (libjpeg-turbo),
 * one thread, in rounds in which all take turns.
 */
public final class DecodeMain {
    private static final int ROUNDS = 9;
    private static final long TURN_NANOS = 400_000_000;

    private interface Decoder {
        int decode(byte[] file) throws IOException;
    }

    private DecodeMain() {}

    public static void main(String[] arguments) throws IOException {
        nu.pattern.OpenCV.loadLocally();
        Map<String, Decoder> decoders = new LinkedHashMap<>();
        decoders.put("ImageIO", imageIo("com.sun.imageio"));
        decoders.put("TwelveMonkeys", imageIo("com.twelvemonkeys"));
        decoders.put("OpenCV", DecodeMain::openCv);
        System.out.println("microseconds to decode a JPEG, median of " + ROUNDS + " turns (lowest to highest)");
        System.out.printf("%-12s", "");
        decoders.keySet().forEach(name -> System.out.printf("%28s", name));
        System.out.println();
        for (int width : new int[] {32, 224, 1920}) {
            byte[] file = picture(width);
            Map<String, List<Double>> times = new LinkedHashMap<>();
            for (int round = 0; round <= ROUNDS; round++) {
                for (Map.Entry<String, Decoder> decoder : decoders.entrySet()) {
                    double micros = turn(decoder.getValue(), file, width);
                    if (round > 0) {
                        times.computeIfAbsent(decoder.getKey(), name -> new ArrayList<>()).add(micros);
                    }
                }
            }
            System.out.printf("%4d x %-5d", width, width * 3 / 4);
            times.values().forEach(all -> System.out.printf("%28s", summary(all)));
            System.out.println();
        }
    }

    private static double turn(Decoder decoder, byte[] file, int width) throws IOException {
        long start = System.nanoTime();
        int runs = 0;
        while (System.nanoTime() - start < TURN_NANOS) {
            if (decoder.decode(file) != width) {
                throw new IOException("not decoded");
            }
            runs++;
        }
        return (System.nanoTime() - start) / 1e3 / runs;
    }

    private static String summary(List<Double> times) {
        double[] sorted = times.stream().mapToDouble(t -> t).sorted().toArray();
        return String.format(
                Locale.ROOT,
                "%.0f (%.0f to %.0f)",
                sorted[sorted.length / 2],
                sorted[0],
                sorted[sorted.length - 1]);
    }

    private static Decoder imageIo(String vendor) {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (reader.getClass().getName().startsWith(vendor)) {
                return file -> {
                    reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(file)), true, true);
                    return reader.read(0).getWidth();
                };
            }
        }
        throw new IllegalStateException("no JPEG reader of " + vendor);
    }

    private static int openCv(byte[] file) {
        MatOfByte bytes = new MatOfByte(file);
        Mat decoded = Imgcodecs.imdecode(bytes, Imgcodecs.IMREAD_COLOR);
        byte[] hwc = new byte[decoded.rows() * decoded.cols() * 3];
        decoded.get(0, 0, hwc);
        int width = decoded.cols();
        decoded.release();
        bytes.release();
        return width;
    }

    /** Smooth, with edges and a little noise, as a photograph. */
    private static byte[] picture(int width) throws IOException {
        int height = width * 3 / 4;
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
        Random random = new Random(1);
        int[] rgb = new int[3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int c = 0; c < 3; c++) {
                    double wave = Math.sin(x * (9.0 + c) / width) + Math.cos(y * (7.0 - c) / height);
                    double edge = (x * 8 / width + y * 6 / height) % 2 * 40;
                    rgb[c] = (int) Math.max(0, Math.min(255, 108 + 40 * wave + edge + 6 * random.nextGaussian()));
                }
                picture.getRaster().setPixel(x, y, rgb);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (!ImageIO.write(picture, "jpg", out)) {
            throw new IOException("jpg: no writer");
        }
        return out.toByteArray();
    }
}
