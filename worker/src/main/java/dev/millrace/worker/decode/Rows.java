package dev.millrace.worker.decode;

/** Takes an image row by row, from the top. */
interface Rows {
    /**
     * The next row.
     *
     * @param hwc width x channels bytes, from the array's begin; the caller's, and changed by it after the call
     */
    void row(byte[] hwc);
}
