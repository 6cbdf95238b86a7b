/**
 * Dead letters: requests that could not be answered with a label, read from their topic in no consumer group, and sent
 * back to the requests topic as they were.
 */
@NullMarked
package dev.millrace.producer.deadletter;

import org.jspecify.annotations.NullMarked;
