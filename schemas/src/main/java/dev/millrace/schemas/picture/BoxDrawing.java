package dev.millrace.schemas.picture;

import dev.millrace.schemas.DetectedBox;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;

/**
 * Draws boxes with class and score on a picture, a colour for each class, by the JDK's own renderer: it needs no display, but a font. Belongs to
 * the one drawing that it makes.
 */
public final class BoxDrawing {

    /** Of the shorter side: below it, text would cover what it names. */
    private static final int LEAST_PIXELS = 320;

    /** Turns of the hue from class to class: the golden ratio keeps them apart, however many there are. */
    private static final float HUE_STEP = 0.618034f;

    private final BufferedImage picture;
    private final Graphics2D graphics;
    private final double scale;
    private final float line;

    private BoxDrawing(BufferedImage source) {
        int shorter = Math.min(source.getWidth(), source.getHeight());
        int factor = Math.max(1, (LEAST_PIXELS + shorter - 1) / shorter);
        scale = factor;
        picture =
                new BufferedImage(source.getWidth() * factor, source.getHeight() * factor, BufferedImage.TYPE_INT_RGB);
        line = Math.max(2, Math.round(shorter * factor / 240f));
        graphics = picture.createGraphics();
        graphics.drawImage(source, 0, 0, picture.getWidth(), picture.getHeight(), null);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setStroke(new BasicStroke(line));
        graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, Math.max(12, Math.round(shorter * factor / 32f))));
    }

    /**
     * A copy of the picture with the boxes on it; small pictures are enlarged.
     *
     * @param source upright, of the size that the boxes are counted in
     * @param boxes best first
     */
    public static BufferedImage draw(BufferedImage source, List<DetectedBox> boxes) {
        BoxDrawing drawing = new BoxDrawing(source);
        // The best last, and all names after all frames: what lies above can be read.
        for (int i = boxes.size() - 1; i >= 0; i--) {
            drawing.frame(boxes.get(i));
        }
        for (int i = boxes.size() - 1; i >= 0; i--) {
            drawing.name(boxes.get(i));
        }
        drawing.graphics.dispose();
        return drawing.picture;
    }

    private void frame(DetectedBox box) {
        // Whole within the picture, also where the box reaches its edge.
        double left = Math.max(line / 2, box.getX() * scale);
        double top = Math.max(line / 2, box.getY() * scale);
        double right = Math.min(picture.getWidth() - line / 2, (box.getX() + box.getWidth()) * scale);
        double bottom = Math.min(picture.getHeight() - line / 2, (box.getY() + box.getHeight()) * scale);
        graphics.setColor(colour(box.getIndex()));
        graphics.draw(new Rectangle2D.Double(left, top, right - left, bottom - top));
    }

    /** Above the box; within it where there is no room. */
    private void name(DetectedBox box) {
        String text = String.format(Locale.ROOT, "%s %.2f", box.getLabel(), box.getScore());
        FontMetrics metrics = graphics.getFontMetrics();
        int pad = Math.max(2, metrics.getHeight() / 6);
        double width = metrics.stringWidth(text) + 2.0 * pad;
        double height = metrics.getAscent() + metrics.getDescent();
        double left = Math.max(0, Math.min(box.getX() * scale - line / 2, picture.getWidth() - width));
        double top = box.getY() * scale - line / 2 - height;
        if (top < 0) {
            top = Math.max(0, box.getY() * scale);
        }
        Color colour = colour(box.getIndex());
        graphics.setColor(colour);
        graphics.fill(new Rectangle2D.Double(left, top, width, height));
        graphics.setColor(isBright(colour) ? Color.BLACK : Color.WHITE);
        graphics.drawString(text, (float) left + pad, (float) top + metrics.getAscent());
    }

    private static Color colour(int index) {
        return Color.getHSBColor(0.33f + index * HUE_STEP, 0.85f, 0.95f);
    }

    /** By ITU-R BT.601 luma. */
    private static boolean isBright(Color colour) {
        return 0.299 * colour.getRed() + 0.587 * colour.getGreen() + 0.114 * colour.getBlue() > 140;
    }
}
