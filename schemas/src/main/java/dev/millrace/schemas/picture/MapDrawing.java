package dev.millrace.schemas.picture;

import dev.millrace.schemas.LabelMap;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * Draws a segmenter's map on a picture: each class in the colour that boxes of it have, so that the picture shines through, but for class 0,
 * which most models have for what is nothing; and the names of those that cover most. Stateless.
 */
public final class MapDrawing {
    private static final double OPACITY = 0.55;
    private static final int MOST_NAMES = 8;

    private MapDrawing() {}

    /**
     * A copy of the picture with the map on it; small pictures are enlarged.
     *
     * @param source upright, of the map's proportions
     * @throws IOException if the map is no grey PNG of the size that it says
     */
    public static BufferedImage draw(BufferedImage source, LabelMap map) throws IOException {
        Raster classes = classes(map);
        int factor = Enlargement.of(source);
        int width = source.getWidth() * factor;
        int height = source.getHeight() * factor;
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        long[] pixelsOf = new long[256];
        for (int y = 0; y < height; y++) {
            int row = (int) ((y + 0.5) * map.getHeight() / height);
            for (int x = 0; x < width; x++) {
                int index = classes.getSample((int) ((x + 0.5) * map.getWidth() / width), row, 0);
                pixelsOf[index]++;
                int rgb = source.getRGB(x / factor, y / factor);
                picture.setRGB(x, y, index == 0 ? rgb : mixed(rgb, ClassColours.of(index)));
            }
        }
        name(picture, map.getLabels(), pixelsOf);
        return picture;
    }

    private static Raster classes(LabelMap map) throws IOException {
        byte[] png = new byte[map.getPng().remaining()];
        map.getPng().duplicate().get(png);
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(png));
        if (read == null
                || read.getRaster().getNumBands() != 1
                || read.getWidth() != map.getWidth()
                || read.getHeight() != map.getHeight()) {
            throw new IOException("mask: not a picture of one channel (expected: a grey PNG of " + map.getWidth() + "x"
                    + map.getHeight() + ")");
        }
        return read.getRaster();
    }

    /** Of the picture its brightness (ITU-R BT.601 luma) alone: its own hue would make another colour of the class's. */
    private static int mixed(int rgb, Color colour) {
        double luma = 0.299 * (rgb >> 16 & 0xFF) + 0.587 * (rgb >> 8 & 0xFF) + 0.114 * (rgb & 0xFF);
        int mixed = 0;
        for (int over : new int[] {colour.getRed(), colour.getGreen(), colour.getBlue()}) {
            mixed = mixed << 8 | (int) Math.round(luma * (1 - OPACITY) + over * OPACITY);
        }
        return mixed;
    }

    private static void name(BufferedImage picture, List<String> labels, long[] pixelsOf) {
        List<Integer> most = new ArrayList<>();
        for (int index = 1; index < Math.min(labels.size(), pixelsOf.length); index++) {
            if (pixelsOf[index] > 0) {
                most.add(index);
            }
        }
        most.sort(Comparator.comparingLong((Integer index) -> pixelsOf[index]).reversed());
        Graphics2D graphics = picture.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        float size = Math.max(12, Math.min(picture.getWidth(), picture.getHeight()) / 36f);
        graphics.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 1).deriveFont(size));
        int line = Math.round(size * 1.4f);
        int top = 0;
        for (int index : most.subList(0, Math.min(MOST_NAMES, most.size()))) {
            String name = labels.get(index);
            int wide = graphics.getFontMetrics().stringWidth(name) + line;
            graphics.setColor(ClassColours.of(index));
            graphics.fillRect(0, top, wide, line);
            graphics.setColor(ClassColours.textOn(ClassColours.of(index)));
            graphics.drawString(name, line / 2, top + Math.round(size * 1.05f));
            top += line;
        }
        graphics.dispose();
    }
}
