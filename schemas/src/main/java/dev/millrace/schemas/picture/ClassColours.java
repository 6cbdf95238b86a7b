package dev.millrace.schemas.picture;

import java.awt.Color;

/** A colour for each class, and what can be read on it. Stateless. */
final class ClassColours {
    /** Turns of the hue from class to class: by the golden ratio each is far from those before it. */
    private static final float HUE_STEP = 0.618034f;

    /** Saturation and brightness, which change when so many hues are used up that the next ones are near to them. */
    private static final float[][] TONES = {{0.85f, 0.95f}, {0.5f, 1}, {1, 0.65f}};

    private static final int HUES = 13;

    private ClassColours() {}

    static Color of(int index) {
        int round = index / HUES;
        float[] tone = TONES[round % TONES.length];
        return Color.getHSBColor(0.33f + index * HUE_STEP + 0.3f * round, tone[0], tone[1]);
    }

    /** Black or white, by the colour's ITU-R BT.601 luma. */
    static Color textOn(Color colour) {
        double luma = 0.299 * colour.getRed() + 0.587 * colour.getGreen() + 0.114 * colour.getBlue();
        return luma > 140 ? Color.BLACK : Color.WHITE;
    }
}
