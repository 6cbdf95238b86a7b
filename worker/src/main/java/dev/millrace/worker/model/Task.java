package dev.millrace.worker.model;

import java.util.Locale;

/** What a model answers; chooses the task head. */
public enum Task {
    /** One of the labels. */
    CLASSIFICATION,
    /** Each label by itself, or not. */
    MULTI_LABEL,
    /** Boxes around things, each with a label. */
    DETECTION,
    /** A label for each pixel. */
    SEGMENTATION,
    /** A vector. */
    EMBEDDING;

    /** As in an ONNX file's metadata: lower case, with hyphens. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
