/** Meters, one per fact. No other state lives here. */
@NullMarked
package dev.millrace.worker.telemetry;

import org.jspecify.annotations.NullMarked;
