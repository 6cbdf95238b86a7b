/**
 * Where a lane's requests come from: its membership in the consumer group, and the ledger that says which offsets may
 * be committed. Everything here belongs to the lane's thread.
 */
@NullMarked
package dev.millrace.worker.intake;

import org.jspecify.annotations.NullMarked;
