package dev.millrace.schemas.picture;

import java.awt.image.BufferedImage;

/** How many times larger a picture is drawn than it is, so that names have room on it. Stateless. */
final class Enlargement {
    /** Of the shorter side: below it, text would cover what it names. */
    private static final int LEAST_PIXELS = 320;

    private Enlargement() {}

    /** 1 for a picture that is large enough. */
    static int of(BufferedImage source) {
        int shorter = Math.min(source.getWidth(), source.getHeight());
        return Math.max(1, (LEAST_PIXELS + shorter - 1) / shorter);
    }
}
