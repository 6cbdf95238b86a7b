/** What happened in a run, event by event, and the pure checker that judges it. Knows no Kafka client. */
@NullMarked
package dev.millrace.bench.faults.history;

import org.jspecify.annotations.NullMarked;
