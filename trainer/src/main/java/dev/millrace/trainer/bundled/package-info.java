/** The model that is packed with Millrace, so that it shows what it does on a machine with nothing else on it. */
@NullMarked
package dev.millrace.trainer.bundled;

import org.jspecify.annotations.NullMarked;
