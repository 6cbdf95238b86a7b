package dev.millrace.worker.decode;

/** Why an image cannot be decoded for a model. Stable words, for programs. */
public enum RejectionReason {
    /** The bytes are not in the encoding that was named, or in none that is known. */
    UNKNOWN_ENCODING,
    /** The named size does not match the bytes, or the file's own header. */
    SIZE_MISMATCH,
    /** A sound image, but not of the model's size. */
    WRONG_SIZE,
    /** More bytes or pixels than the limits allow; told before any pixel is decoded. */
    TOO_LARGE,
    /** Truncated or damaged. */
    CORRUPT_IMAGE,
    /** A sound image of a kind that is not read, such as one with alpha, 16 bits or CMYK. */
    UNSUPPORTED_IMAGE
}
