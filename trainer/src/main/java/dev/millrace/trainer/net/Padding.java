package dev.millrace.trainer.net;

/** Rows and columns of zeros around a feature map before a window moves over it; of a maximum they are minus infinity. */
public record Padding(int top, int left, int bottom, int right) {
    public Padding {
        if (top < 0 || left < 0 || bottom < 0 || right < 0) {
            throw new IllegalArgumentException(
                    "padding: %d, %d, %d, %d (expected: from 0)".formatted(top, left, bottom, right));
        }
    }

    /** The same on all sides. */
    public static Padding even(int size) {
        return new Padding(size, size, size, size);
    }

    /**
     * TensorFlow's SAME: as much as gives {@code ceil(size / stride)} rows and columns, an odd one at the bottom and on the right. With a
     * stride of 2 it depends on whether the size is even.
     */
    static Padding same(int height, int width, int kernel, int stride) {
        int down = total(height, kernel, stride);
        int across = total(width, kernel, stride);
        return new Padding(down / 2, across / 2, down - down / 2, across - across / 2);
    }

    public boolean isEven() {
        return top == left && left == bottom && bottom == right;
    }

    private static int total(int size, int kernel, int stride) {
        int made = (size + stride - 1) / stride;
        return Math.max((made - 1) * stride + kernel - size, 0);
    }
}
