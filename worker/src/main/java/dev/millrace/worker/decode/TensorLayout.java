package dev.millrace.worker.decode;

/** Order of the axes of an image tensor: N images, C channels, H rows, W columns. */
public enum TensorLayout {
    /** One plane per channel. */
    NCHW,
    /** Channels interleaved per pixel. */
    NHWC
}
