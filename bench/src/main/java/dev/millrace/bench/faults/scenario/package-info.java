/** The faults, one class each. */
@NullMarked
package dev.millrace.bench.faults.scenario;

import org.jspecify.annotations.NullMarked;
