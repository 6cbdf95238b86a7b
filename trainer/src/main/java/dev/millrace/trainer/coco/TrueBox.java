package dev.millrace.trainer.coco;

import dev.millrace.worker.decode.Frame;
import dev.millrace.worker.infer.DetectedBox;
import java.awt.geom.Rectangle2D;

/**
 * Where an object is, in pixels of its picture, from the top left corner.
 *
 * @param category its index
 * @param area pixels of the object, which may be fewer than those of the box
 * @param crowd a region of many objects, of which nobody said where each is: what is found there is neither right nor wrong
 */
public record TrueBox(int category, double x, double y, double width, double height, double area, boolean crowd) {

    /**
     * Intersection over union, 0 to 1; of a crowd the share of the found box that lies in it, since any part of the crowd may be what was
     * found.
     */
    double overlap(DetectedBox found) {
        double right = Math.min((double) found.x() + found.width(), x + width);
        double bottom = Math.min((double) found.y() + found.height(), y + height);
        double common = Math.max(0, right - Math.max(found.x(), x)) * Math.max(0, bottom - Math.max(found.y(), y));
        double foundArea = (double) found.width() * found.height();
        double whole = crowd ? foundArea : foundArea + width * height - common;
        return common == 0 ? 0 : common / whole;
    }

    /** Of the stored picture, seen on the upright one. */
    TrueBox upright(Frame frame) {
        Rectangle2D box = frame.upright(new Rectangle2D.Double(x, y, width, height));
        return new TrueBox(category, box.getX(), box.getY(), box.getWidth(), box.getHeight(), area, crowd);
    }

    TrueBox of(int otherCategory) {
        return new TrueBox(otherCategory, x, y, width, height, area, crowd);
    }
}
