package dev.millrace.worker.decode;

/**
 * What a file says of its image before any pixel.
 *
 * @param size as stored
 */
record Header(ImageSize size, Orientation orientation) {
    /** The size that it has when it stands upright. */
    ImageSize upright() {
        return orientation.upright(size);
    }
}
