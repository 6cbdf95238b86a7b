package dev.millrace.worker.decode;

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
}
