package dev.millrace.worker.infer;

/** A box on the model's canvas, in pixels; reused from box to box by the one thread that has it. */
final class Corners {
    float left;
    float top;
    float right;
    float bottom;

    void set(float newLeft, float newTop, float newRight, float newBottom) {
        left = newLeft;
        top = newTop;
        right = newRight;
        bottom = newBottom;
    }

    void around(float centreX, float centreY, float width, float height) {
        set(centreX - width / 2, centreY - height / 2, centreX + width / 2, centreY + height / 2);
    }
}
