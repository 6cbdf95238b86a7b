/** What happened in a run, event by event, and what it came to. Knows no Kafka client. */
@NullMarked
package dev.millrace.bench.faults.history;

import org.jspecify.annotations.NullMarked;
