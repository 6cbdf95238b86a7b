package dev.millrace.worker.infer;

/**
 * Where something is, in pixels of the upright source image, from its top left corner.
 *
 * @param index of its class, from 0
 * @param score 0 to 1
 * @param x left edge
 * @param y upper edge
 * @param width above 0
 * @param height above 0
 */
public record DetectedBox(int index, String label, float score, float x, float y, float width, float height) {}
