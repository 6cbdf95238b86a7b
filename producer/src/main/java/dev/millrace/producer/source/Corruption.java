package dev.millrace.producer.source;

import dev.millrace.producer.OutgoingImage;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A change to an image's pixels, such that it still shows the same and a model meets what it has not learnt. */
public sealed interface Corruption {
    /** What {@link #parse} reads, for help and error texts. */
    String FORMS = "invert, rotate90, rotate180, noise:SIGMA or dim:FACTOR";

    /**
     * The image with other pixels; {@code image} stays as it is.
     *
     * @param random for what is drawn by lot
     * @throws IllegalArgumentException when {@code image} is no raw pixels
     */
    OutgoingImage apply(OutgoingImage image, Random random);

    /** Each value v as 255 - v. */
    record Invert() implements Corruption {
        @Override
        public OutgoingImage apply(OutgoingImage image, Random random) {
            byte[] pixels = image.pixels();
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) ~pixels[i];
            }
            return image.withPixels(pixels, image.width(), image.height());
        }
    }

    /**
     * Turned clockwise; a quarter exchanges width and height.
     *
     * @param quarters 1: by 90 degrees
     */
    record Rotate(int quarters) implements Corruption {
        @Override
        public OutgoingImage apply(OutgoingImage image, Random random) {
            OutgoingImage turned = image;
            for (int i = 0; i < quarters; i++) {
                turned = quarter(turned);
            }
            return turned;
        }

        private static OutgoingImage quarter(OutgoingImage image) {
            byte[] from = image.pixels();
            int channels = image.channels();
            int width = image.height();
            int height = image.width();
            byte[] to = new byte[from.length];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int source = (image.height() - 1 - x) * image.width() + y;
                    System.arraycopy(from, source * channels, to, (y * width + x) * channels, channels);
                }
            }
            return image.withPixels(to, width, height);
        }
    }

    /**
     * Gaussian noise on each value, cut off at 0 and 255.
     *
     * @param sigma its standard deviation, in steps of 1 of 255
     */
    record Noise(double sigma) implements Corruption {
        @Override
        public OutgoingImage apply(OutgoingImage image, Random random) {
            byte[] pixels = image.pixels();
            for (int i = 0; i < pixels.length; i++) {
                long noisy = Math.round((pixels[i] & 0xFF) + sigma * random.nextGaussian());
                pixels[i] = (byte) Math.max(0, Math.min(255, noisy));
            }
            return image.withPixels(pixels, image.width(), image.height());
        }
    }

    /**
     * Each value times a factor.
     *
     * @param factor 0 to 1; 0: black
     */
    record Dim(double factor) implements Corruption {
        @Override
        public OutgoingImage apply(OutgoingImage image, Random random) {
            byte[] pixels = image.pixels();
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = (byte) Math.round((pixels[i] & 0xFF) * factor);
            }
            return image.withPixels(pixels, image.width(), image.height());
        }
    }

    /**
     * Reads one of {@link #FORMS}.
     *
     * @throws IllegalArgumentException for anything else
     */
    static Corruption parse(String text) {
        Matcher parts =
                Pattern.compile("(noise|dim):([0-9]{1,3}(?:\\.[0-9]{1,9})?)").matcher(text);
        double amount = parts.matches() ? Double.parseDouble(parts.group(2)) : -1;
        if (text.equals("invert")) {
            return new Invert();
        }
        if (text.equals("rotate90")) {
            return new Rotate(1);
        }
        if (text.equals("rotate180")) {
            return new Rotate(2);
        }
        if (text.startsWith("noise:") && amount > 0 && amount <= 255) {
            return new Noise(amount);
        }
        if (text.startsWith("dim:") && amount >= 0 && amount <= 1) {
            return new Dim(amount);
        }
        throw new IllegalArgumentException(
                text + " (expected: " + FORMS + ", SIGMA above 0 and at most 255, FACTOR 0 to 1)");
    }
}
