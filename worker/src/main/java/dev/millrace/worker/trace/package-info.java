/** Traces of requests. OpenTelemetry is optional, and known to one class of this package only. */
@NullMarked
package dev.millrace.worker.trace;

import org.jspecify.annotations.NullMarked;
