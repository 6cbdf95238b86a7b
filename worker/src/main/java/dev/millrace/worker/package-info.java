/**
 * The inference worker: {@link dev.millrace.worker.Worker} wires the packages below it, starts them, and stops them in
 * reverse. Start reading at {@code lane.Lane}.
 */
@NullMarked
package dev.millrace.worker;

import org.jspecify.annotations.NullMarked;
