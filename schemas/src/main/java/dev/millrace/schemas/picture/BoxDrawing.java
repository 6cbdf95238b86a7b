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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Draws boxes with class and score on a picture, a colour for each class, by the JDK's own renderer: it needs no display, but a font. Belongs to
 * the one drawing that it makes.
 */
public final class BoxDrawing {

    private static final int LEAST_TEXT = 10;

    private final BufferedImage picture;
    private final Graphics2D graphics;
    private final double scale;
    private final float line;
    private final float textSize;
    private final List<Rectangle2D> frames = new ArrayList<>();
    private final List<Rectangle2D> names = new ArrayList<>();

    private BoxDrawing(BufferedImage source) {
        int shorter = Math.min(source.getWidth(), source.getHeight());
        int factor = Enlargement.of(source);
        scale = factor;
        picture =
                new BufferedImage(source.getWidth() * factor, source.getHeight() * factor, BufferedImage.TYPE_INT_RGB);
        line = Math.max(2, Math.round(shorter * factor / 300f));
        textSize = Math.max(LEAST_TEXT + 2, shorter * factor / 36f);
        graphics = picture.createGraphics();
        graphics.drawImage(source, 0, 0, picture.getWidth(), picture.getHeight(), null);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    }

    /**
     * A copy of the picture with the boxes on it; small pictures are enlarged.
     *
     * @param source upright, of the size that the boxes are counted in
     * @param boxes best first
     */
    public static BufferedImage draw(BufferedImage source, List<DetectedBox> boxes) {
        BoxDrawing drawing = new BoxDrawing(source);
        boxes.forEach(box -> drawing.frames.add(drawing.frame(box)));
        // The best above the others, and names above all frames.
        for (int i = boxes.size() - 1; i >= 0; i--) {
            drawing.outline(i, ClassColours.of(boxes.get(i).getIndex()));
        }
        for (int i = 0; i < boxes.size(); i++) {
            drawing.name(i, boxes.get(i));
        }
        drawing.graphics.dispose();
        return drawing.picture;
    }

    /** Whole within the picture, also where the box reaches its edge. */
    private Rectangle2D frame(DetectedBox box) {
        double left = Math.max(line / 2, box.getX() * scale);
        double top = Math.max(line / 2, box.getY() * scale);
        double right = Math.min(picture.getWidth() - line / 2, (box.getX() + box.getWidth()) * scale);
        double bottom = Math.min(picture.getHeight() - line / 2, (box.getY() + box.getHeight()) * scale);
        return new Rectangle2D.Double(left, top, right - left, bottom - top);
    }

    /** With a dark rim, so that it is seen on its own colour. */
    private void outline(int box, Color colour) {
        graphics.setStroke(new BasicStroke(line + 2));
        graphics.setColor(new Color(0, 0, 0, 130));
        graphics.draw(frames.get(box));
        graphics.setStroke(new BasicStroke(line));
        graphics.setColor(colour);
        graphics.draw(frames.get(box));
    }

    private void name(int box, DetectedBox found) {
        String text = String.format(Locale.ROOT, "%s %.2f", found.getLabel(), found.getScore());
        Rectangle2D frame = frames.get(box);
        graphics.setFont(font(textSize));
        double wide = graphics.getFontMetrics().stringWidth(text);
        // In a crowd of small things smaller.
        double shrunk = textSize * Math.min(1, 1.5 * frame.getWidth() / wide);
        graphics.setFont(font((float) Math.max(LEAST_TEXT, shrunk)));
        FontMetrics metrics = graphics.getFontMetrics();
        double pad = Math.max(2, metrics.getHeight() / 8.0);
        double width = metrics.stringWidth(text) + 2 * pad;
        double height = metrics.getAscent() + metrics.getDescent();
        Rectangle2D place = place(box, width, height);
        names.add(place);
        Color colour = ClassColours.of(found.getIndex());
        graphics.setColor(colour);
        graphics.fill(place);
        graphics.setColor(ClassColours.textOn(colour));
        graphics.drawString(text, (float) (place.getX() + pad), (float) place.getY() + metrics.getAscent());
    }

    private static Font font(float size) {
        return new Font(Font.SANS_SERIF, Font.BOLD, 1).deriveFont(size);
    }

    /** Above the box, below it or in it, to its left or right: where the least is covered; of equal ones the first. */
    private Rectangle2D place(int box, double width, double height) {
        Rectangle2D frame = frames.get(box);
        double rim = line / 2;
        double left = frame.getMinX() - rim;
        double right = frame.getMaxX() + rim - width;
        double above = frame.getMinY() - rim - height;
        double below = frame.getMaxY() + rim;
        double[][] corners = {
            {left, above},
            {right, above},
            {left, below},
            {right, below},
            {left, frame.getMinY()},
            {left, below - height}
        };
        Rectangle2D best = null;
        double least = Double.MAX_VALUE;
        for (double[] corner : corners) {
            double x = Math.max(0, Math.min(corner[0], picture.getWidth() - width));
            double y = Math.max(0, Math.min(corner[1], picture.getHeight() - height));
            Rectangle2D candidate = new Rectangle2D.Double(x, y, width, height);
            // Another name is worse to cover than a part of another thing.
            double covered = 4 * shared(candidate, names) + shared(candidate, frames);
            if (best == null || covered < least) {
                best = candidate;
                least = covered;
            }
        }
        return best == null ? frame : best;
    }

    private static double shared(Rectangle2D one, List<Rectangle2D> others) {
        double area = 0;
        for (Rectangle2D other : others) {
            Rectangle2D both = one.createIntersection(other);
            area += both.isEmpty() ? 0 : both.getWidth() * both.getHeight();
        }
        return area;
    }
}
