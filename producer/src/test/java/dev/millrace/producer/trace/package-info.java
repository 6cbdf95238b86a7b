/** Traces of what is sent. */
@NullMarked
package dev.millrace.producer.trace;

import org.jspecify.annotations.NullMarked;
