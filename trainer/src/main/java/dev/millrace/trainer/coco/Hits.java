package dev.millrace.trainer.coco;

/**
 * How a detector's answers stand against the objects.
 *
 * @param objects that are there, without crowds
 * @param right boxes, each an object of its own
 * @param wrong boxes: nothing there, another class, or an object that a better box has
 */
public record Hits(int objects, int right, int wrong) {
    /** Boxes that count. */
    public int boxes() {
        return right + wrong;
    }

    /** Share of the boxes that are right; 0 where there is none. */
    public double precision() {
        return boxes() == 0 ? 0 : (double) right / boxes();
    }

    /** Share of the objects that are found; 0 where there is none. */
    public double recall() {
        return objects == 0 ? 0 : (double) right / objects;
    }

    public int missed() {
        return objects - right;
    }

    Hits plus(Hits more) {
        return new Hits(objects + more.objects, right + more.right, wrong + more.wrong);
    }
}
