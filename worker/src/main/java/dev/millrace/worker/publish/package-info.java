/**
 * Where a lane's answers go: results, dead letters and replies, and the acknowledgements that come back. The publisher belongs to
 * the lane's thread; acknowledgements arrive on the Kafka producer's thread and are handed over through a queue.
 */
@NullMarked
package dev.millrace.worker.publish;

import org.jspecify.annotations.NullMarked;
