/** Tests of reading and replaying dead letters. */
@NullMarked
package dev.millrace.producer.deadletter;

import org.jspecify.annotations.NullMarked;
