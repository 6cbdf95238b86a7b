package dev.millrace.worker.infer;

import dev.millrace.worker.model.InferenceFailedException;
import java.util.Arrays;

/**
 * Boxes that reach the threshold, in arrays that grow to the most that an image ever had. Belongs to its head's thread.
 */
final class Candidates {

    private float[] left = new float[64];
    private float[] top = new float[64];
    private float[] right = new float[64];
    private float[] bottom = new float[64];
    private float[] score = new float[64];
    private int[] index = new int[64];
    private int size;

    void clear() {
        size = 0;
    }

    /**
     * Adds a box, unless it has no area.
     *
     * @throws InferenceFailedException if a corner is NaN or infinite
     */
    void add(Corners box, float boxScore, int boxIndex) {
        float sum = box.left + box.top + box.right + box.bottom;
        if (!Float.isFinite(sum)) {
            throw new InferenceFailedException("box: " + box.left + ", " + box.top + ", " + box.right + ", "
                    + box.bottom + " (expected: finite corners)");
        }
        if (!(box.right > box.left && box.bottom > box.top)) {
            return;
        }
        if (size == left.length) {
            grow();
        }
        left[size] = box.left;
        top[size] = box.top;
        right[size] = box.right;
        bottom[size] = box.bottom;
        score[size] = boxScore;
        index[size] = boxIndex;
        size++;
    }

    private void grow() {
        int length = 2 * size;
        left = Arrays.copyOf(left, length);
        top = Arrays.copyOf(top, length);
        right = Arrays.copyOf(right, length);
        bottom = Arrays.copyOf(bottom, length);
        score = Arrays.copyOf(score, length);
        index = Arrays.copyOf(index, length);
    }

    int size() {
        return size;
    }

    float score(int i) {
        return score[i];
    }

    int index(int i) {
        return index[i];
    }

    void get(int i, Corners into) {
        into.set(left[i], top[i], right[i], bottom[i]);
    }

    /** Area of both over area of either. */
    float overlap(int i, int j) {
        float width = Math.min(right[i], right[j]) - Math.max(left[i], left[j]);
        float height = Math.min(bottom[i], bottom[j]) - Math.max(top[i], top[j]);
        if (width <= 0 || height <= 0) {
            return 0;
        }
        float both = width * height;
        return both / (area(i) + area(j) - both);
    }

    private float area(int i) {
        return (right[i] - left[i]) * (bottom[i] - top[i]);
    }
}
