package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.List;
import java.util.Random;

/** Images of which each has a number, and is another one. */
final class Images {
    static final ImageShape SHAPE = new ImageShape(4, 5, 1);
    static final List<String> CLASSES = List.of("ant", "bee", "cat");

    private Images() {}

    static ReplaySpec spec(int capacity) {
        return new ReplaySpec(SHAPE, CLASSES, capacity);
    }

    static byte[] pixels(int number) {
        return pixels(number, SHAPE);
    }

    static byte[] pixels(int number, ImageShape shape) {
        byte[] pixels = new byte[shape.bytes()];
        new Random(number).nextBytes(pixels);
        return pixels;
    }

    static String id(int number) {
        return "request " + number;
    }
}
