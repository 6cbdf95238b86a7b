package dev.millrace.trainer.evaluate;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** By the JDK's own renderer; needs no display, but a font. */
final class PngDrawing implements Drawing {
    private final BufferedImage image;
    private final Graphics2D graphics;

    PngDrawing(int width, int height, int dotsPerPixel) {
        image = new BufferedImage(width * dotsPerPixel, height * dotsPerPixel, BufferedImage.TYPE_INT_RGB);
        graphics = image.createGraphics();
        graphics.scale(dotsPerPixel, dotsPerPixel);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        rectangle(0, 0, width, height, 0xffffff, "");
    }

    @Override
    public void rectangle(double x, double y, double width, double height, int colour, String tip) {
        graphics.setColor(new Color(colour));
        graphics.fill(new Rectangle2D.Double(x, y, width, height));
    }

    @Override
    public void text(double x, double y, double size, Anchor anchor, int degrees, int colour, String text) {
        AffineTransform before = graphics.getTransform();
        graphics.setColor(new Color(colour));
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 1).deriveFont((float) size));
        graphics.rotate(Math.toRadians(degrees), x, y);
        double width = graphics.getFontMetrics().getStringBounds(text, graphics).getWidth();
        double left =
                switch (anchor) {
                    case START -> x;
                    case MIDDLE -> x - width / 2;
                    case END -> x - width;
                };
        graphics.drawString(text, (float) left, (float) y);
        graphics.setTransform(before);
    }

    @Override
    public byte[] bytes() {
        graphics.dispose();
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return png.toByteArray();
    }
}
