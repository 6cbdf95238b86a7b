package dev.millrace.worker.decode;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What becomes of an image that is not of the model's size.
 *
 * @param fill 0 to 255, of every channel: what {@link Fit#LETTERBOX} fills with
 */
public record Resizing(Fit fit, Filter filter, int fill) {

    /** It is refused. */
    public static final Resizing NONE = new Resizing(Fit.NONE, Filter.AREA, 0);

    /** How the image lies on the model's canvas. */
    public enum Fit {
        /** Nowhere: it is refused. */
        NONE,
        /** All over it: proportions change. */
        STRETCH,
        /** Scaled until it covers it; what is beyond is cut off, the same on both sides. */
        CROP,
        /** Scaled until it fits; the rest is filled, the same on both sides. */
        LETTERBOX
    }

    /** How a pixel is made of those that it covers. Pixels are squares: centres lie at half coordinates. */
    public enum Filter {
        /** The mean of the area that it covers; along an axis that grows, linear between the two nearest centres. */
        AREA,
        /** The pixel that its centre lies in. */
        NEAREST,
        /** Linear between the nearest centres, however far the image shrinks: OpenCV's INTER_LINEAR. */
        BILINEAR,
        /** A triangle as wide as the image shrinks: Pillow's BILINEAR, PyTorch's bilinear with antialias. */
        BILINEAR_ANTIALIAS,
        /** Keys' cubic with a = -0.5, as wide as the image shrinks: Pillow's BICUBIC, PyTorch's bicubic with antialias. */
        BICUBIC_ANTIALIAS
    }

    /** @throws IllegalArgumentException if fill is no pixel */
    public Resizing {
        if (fill < 0 || fill > 255) {
            throw new IllegalArgumentException("fill: " + fill + " (expected: 0 to 255)");
        }
    }

    /**
     * Reads it as manifests and metadata name it.
     *
     * @param fit the word of a {@link Fit}, such as {@code letterbox}, in any case
     * @param filter the word of a {@link Filter}, such as {@code bilinear-antialias}, in any case
     * @throws IllegalArgumentException if a word is unknown, or fill is no pixel
     */
    public static Resizing of(String fit, String filter, int fill) {
        return new Resizing(
                named("resize", fit, Fit.class.getEnumConstants()),
                named("filter", filter, Filter.class.getEnumConstants()),
                fill);
    }

    private static <E extends Enum<E>> E named(String what, String word, E[] all) {
        String wanted = word.strip().toLowerCase(Locale.ROOT).replace('_', '-');
        return Arrays.stream(all)
                .filter(one -> word(one).equals(wanted))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(what + ": " + word + " (expected: one of "
                        + Arrays.stream(all).map(Resizing::word).collect(Collectors.joining(", ")) + ")"));
    }

    /** As metadata write it: {@code bilinear-antialias}. */
    public static String word(Enum<?> one) {
        return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
