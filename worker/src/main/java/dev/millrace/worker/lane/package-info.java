/**
 * The loop of one lane: poll, decode, batch, infer, publish, commit. {@link dev.millrace.worker.lane.Lane#turn} is one
 * round of it, which a test can crank by hand; {@link dev.millrace.worker.lane.LaneVerticle} is the pinned thread that
 * does so in production.
 */
@NullMarked
package dev.millrace.worker.lane;

import org.jspecify.annotations.NullMarked;
