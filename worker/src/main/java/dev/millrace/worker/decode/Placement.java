package dev.millrace.worker.decode;

/**
 * Where an image lies on a model's canvas: canvas = image x scale + left or top, in pixels whose centres lie at half
 * coordinates.
 *
 * @param imageWidth of the upright source image
 * @param imageHeight of the upright source image
 */
public record Placement(int imageWidth, int imageHeight, double scaleX, double scaleY, double left, double top) {

    /** Of an image that is the canvas. */
    public static Placement whole(int width, int height) {
        return new Placement(width, height, 1, 1, 0, 0);
    }

    /** A place on the canvas, seen on the image; not below 0 nor beyond its width. */
    public double imageX(double canvasX) {
        return Math.max(0, Math.min(imageWidth, (canvasX - left) / scaleX));
    }

    /** A place on the canvas, seen on the image; not below 0 nor beyond its height. */
    public double imageY(double canvasY) {
        return Math.max(0, Math.min(imageHeight, (canvasY - top) / scaleY));
    }
}
