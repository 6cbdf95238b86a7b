/**
 * Bytes on a topic to records and back: Avro single-object encoding, or Confluent's framing where a registry says what an id is;
 * with every schema taken from this jar and none from the wire.
 */
@NullMarked
package dev.millrace.schemas.wire;

import org.jspecify.annotations.NullMarked;
