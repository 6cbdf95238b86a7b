package dev.millrace.trainer.coco;

/** Sizes of objects, by their area in pixels of the picture, as the COCO evaluation divides them: at 32 x 32 and 96 x 96. */
public enum AreaRange {
    ALL(0, 1e10),
    SMALL(0, 32 * 32),
    MEDIUM(32 * 32, 96 * 96),
    LARGE(96 * 96, 1e10);

    private final double least;
    private final double most;

    AreaRange(double least, double most) {
        this.least = least;
        this.most = most;
    }

    /** Both ends belong to it, so an object of 32 x 32 is small and medium. */
    boolean contains(double area) {
        return area >= least && area <= most;
    }
}
