package dev.millrace.schemas.wire;

import java.io.Serial;

/** Bytes that are not a record of the expected type. Carries no stack trace: it describes data, not code. */
public final class MalformedRecordException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    /** Why the bytes could not be read; stable words for headers and metrics. */
    public enum Reason {
        /** It begins neither with the single-object marker {@code C3 01} nor, where a registry is known, with {@code 00}. */
        NOT_AVRO,
        /** The registry has no schema under the id. */
        UNKNOWN_SCHEMA_ID,
        /** The fingerprint, or that of what has the id, belongs to no schema version of the expected record. */
        UNKNOWN_SCHEMA,
        /** The record ends before its last field. */
        TRUNCATED,
        /** A field holds what its schema does not allow, or bytes follow the last field. */
        CORRUPT
    }

    private final Reason reason;

    MalformedRecordException(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    /** The kind of damage. */
    public Reason reason() {
        return reason;
    }
}
