package dev.millrace.schemas.confluent;

import org.jspecify.annotations.Nullable;

/**
 * What a registry has under an id.
 *
 * @param name full name of the record, or why it is none
 * @param fingerprint CRC-64-AVRO of the schema's parsing canonical form; null where it is no Avro schema
 */
public record RegisteredSchema(String name, @Nullable Long fingerprint) {}
