package dev.millrace.worker.decode;

import java.awt.geom.Rectangle2D;

/** How the pixels of an image lie in its file, and how it stands upright, as its Exif orientation says. Immutable. */
public final class Frame {

    private final ImageSize stored;
    private final Orientation orientation;

    Frame(Header header) {
        this.stored = header.size();
        this.orientation = header.orientation();
    }

    /** Whether it is turned or mirrored to stand upright. */
    public boolean isTurned() {
        return orientation != Orientation.NORMAL;
    }

    /** Pixels, before it is turned. */
    public int storedWidth() {
        return stored.width();
    }

    /** Pixels, before it is turned. */
    public int storedHeight() {
        return stored.height();
    }

    /** Pixels, once it stands upright. */
    public int uprightWidth() {
        return orientation.upright(stored).width();
    }

    /** Pixels, once it stands upright. */
    public int uprightHeight() {
        return orientation.upright(stored).height();
    }

    /**
     * A place on the stored image, seen on the upright one.
     *
     * @param place in pixels from the top left corner
     */
    public Rectangle2D upright(Rectangle2D place) {
        double u = orientation.backwardsU() ? stored.width() - place.getMaxX() : place.getX();
        double v = orientation.backwardsV() ? stored.height() - place.getMaxY() : place.getY();
        return orientation.transposed()
                ? new Rectangle2D.Double(v, u, /* w= */ place.getHeight(), /* h= */ place.getWidth())
                : new Rectangle2D.Double(u, v, place.getWidth(), place.getHeight());
    }
}
