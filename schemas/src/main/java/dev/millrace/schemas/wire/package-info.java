/**
 * Bytes on a topic to records and back: Avro single-object encoding, with every schema taken from this jar and none
 * from the wire.
 */
@NullMarked
package dev.millrace.schemas.wire;

import org.jspecify.annotations.NullMarked;
