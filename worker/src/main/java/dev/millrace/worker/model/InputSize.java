package dev.millrace.worker.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The size of the images that go into a graph which leaves it open.
 *
 * @param width pixels
 * @param height pixels
 */
public record InputSize(int width, int height) {

    private static final Pattern TEXT = Pattern.compile("\\s*+(\\d{1,5})x(\\d{1,5})\\s*+");

    /**
     * Reads what metadata say, see {@link ModelSpec#describe(byte[])}.
     *
     * @param text width and height, such as {@code 640x480}
     * @throws IllegalArgumentException if it is none
     */
    public static InputSize of(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    ModelProperties.SIZE + ": " + text + " (expected: WIDTHxHEIGHT, such as 640x480)");
        }
        return new InputSize(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
    }

    @Override
    public String toString() {
        return width + "x" + height;
    }
}
