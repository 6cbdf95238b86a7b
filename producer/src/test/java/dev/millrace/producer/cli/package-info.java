/** Tests of the commands. */
@NullMarked
package dev.millrace.producer.cli;

import org.jspecify.annotations.NullMarked;
