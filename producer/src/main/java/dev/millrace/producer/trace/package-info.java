/** Traces of what is sent. OpenTelemetry is optional, and known to one class of this package only. */
@NullMarked
package dev.millrace.producer.trace;

import org.jspecify.annotations.NullMarked;
