package dev.millrace.schemas.wire;

import java.util.Locale;

/** How a value begins, before the Avro binary of its record. */
public enum WireFormat {
    /** Avro single-object encoding: {@code C3 01} and the fingerprint of the writer's schema. Needs no registry. */
    SINGLE_OBJECT,
    /** Confluent's: {@code 00} and the id of the writer's schema in a registry, as four big-endian bytes. */
    CONFLUENT;

    /**
     * The format of that name.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static WireFormat parse(String name) {
        for (WireFormat format : values()) {
            if (format.toString().equals(name)) {
                return format;
            }
        }
        throw new IllegalArgumentException(name + " (expected: " + SINGLE_OBJECT + ", " + CONFLUENT + ")");
    }

    /** As it is written in settings. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
