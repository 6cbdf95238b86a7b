package dev.millrace.producer.cli;

/** Text from the wire, made safe for a terminal: no control characters, one line. */
final class SafeText {
    private SafeText() {}

    static String of(String text) {
        return text.replaceAll("[^\\p{Graph} ]", "?");
    }

    /** The same in at most {@code width} columns, its end cut off. */
    static String fit(String text, int width) {
        String safe = of(text);
        return safe.length() <= width ? safe : safe.substring(0, width - 2) + "..";
    }
}
