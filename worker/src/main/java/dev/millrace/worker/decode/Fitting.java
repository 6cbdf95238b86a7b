package dev.millrace.worker.decode;

/**
 * Where an upright image comes to lie on a canvas.
 *
 * @param width of the scaled image
 * @param height of the scaled image
 * @param left column of the canvas where it begins; below 0 where its left is cut off
 * @param top row of the canvas where it begins; below 0 where its top is cut off
 */
record Fitting(int width, int height, int left, int top) {

    static Fitting of(ImageSize upright, PixelShape canvas, Resizing.Fit fit) throws ImageRejectedException {
        double across = (double) canvas.width() / upright.width();
        double down = (double) canvas.height() / upright.height();
        return switch (fit) {
            case NONE -> asItIs(upright, canvas);
            case STRETCH -> new Fitting(canvas.width(), canvas.height(), 0, 0);
            case CROP -> scaled(upright, canvas, Math.max(across, down));
            case LETTERBOX -> scaled(upright, canvas, Math.min(across, down));
        };
    }

    private static Fitting asItIs(ImageSize upright, PixelShape canvas) throws ImageRejectedException {
        if (upright.width() != canvas.width() || upright.height() != canvas.height()) {
            throw new ImageRejectedException(
                    RejectionReason.WRONG_SIZE,
                    "image: " + upright.width() + "x" + upright.height() + " (expected: " + canvas.width() + "x"
                            + canvas.height() + ", the model's size, since it says of no way to resize)");
        }
        return new Fitting(canvas.width(), canvas.height(), 0, 0);
    }

    private static Fitting scaled(ImageSize upright, PixelShape canvas, double scale) {
        int width = length(upright.width(), scale);
        int height = length(upright.height(), scale);
        return new Fitting(
                width, height, Math.floorDiv(canvas.width() - width, 2), Math.floorDiv(canvas.height() - height, 2));
    }

    /** Bounded: an image one pixel high may be scaled without end. */
    private static int length(int length, double scale) {
        return (int) Math.max(1, Math.min(1 << 30, Math.round(length * scale)));
    }

    Placement placement(ImageSize upright) {
        return new Placement(
                upright.width(),
                upright.height(),
                (double) width / upright.width(),
                (double) height / upright.height(),
                left,
                top);
    }
}
