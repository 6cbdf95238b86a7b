/** What a history has to keep to, one type for each guarantee, and the pure checker that runs them. Knows no Kafka client. */
@NullMarked
package dev.millrace.bench.faults.guarantee;

import org.jspecify.annotations.NullMarked;
