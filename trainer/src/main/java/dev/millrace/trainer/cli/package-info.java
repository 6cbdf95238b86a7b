/** The commands: {@code train}, {@code export}, {@code parity}, {@code quantize}, {@code evaluate}, {@code gate}, {@code models}. */
@NullMarked
package dev.millrace.trainer.cli;

import org.jspecify.annotations.NullMarked;
