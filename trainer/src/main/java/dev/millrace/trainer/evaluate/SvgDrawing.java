package dev.millrace.trainer.evaluate;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

final class SvgDrawing implements Drawing {
    private final StringBuilder svg = new StringBuilder();

    SvgDrawing(int width, int height) {
        append(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%1$d\" height=\"%2$d\" viewBox=\"0 0 %1$d %2$d\""
                        + " font-family=\"sans-serif\">%n<rect width=\"%1$d\" height=\"%2$d\" fill=\"#ffffff\"/>%n",
                width, height);
    }

    @Override
    public void rectangle(double x, double y, double width, double height, int colour, String tip) {
        append(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#%06x\"",
                x, y, width, height, colour);
        append(tip.isEmpty() ? "/>%n" : "><title>%s</title></rect>%n", escaped(tip));
    }

    @Override
    public void text(double x, double y, double size, Anchor anchor, int degrees, int colour, String text) {
        append("<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" fill=\"#%06x\"", x, y, size, colour);
        append(" text-anchor=\"%s\"", anchor.name().toLowerCase(Locale.ROOT));
        append(degrees == 0 ? "" : " transform=\"rotate(%d %.1f %.1f)\"", degrees, x, y);
        append(">%s</text>%n", escaped(text));
    }

    @Override
    public byte[] bytes() {
        return (svg + "</svg>\n").getBytes(StandardCharsets.UTF_8);
    }

    private void append(String format, Object... arguments) {
        svg.append(String.format(Locale.ROOT, format.replace("%n", "\n"), arguments));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
