/** Writing files so that nobody ever sees a part of one. */
@NullMarked
package dev.millrace.trainer.files;

import org.jspecify.annotations.NullMarked;
