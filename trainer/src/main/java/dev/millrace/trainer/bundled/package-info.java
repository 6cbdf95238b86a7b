/** The models that are packed with Millrace, so that it shows what it does on a machine with nothing else on it, and how they are made. */
@NullMarked
package dev.millrace.trainer.bundled;

import org.jspecify.annotations.NullMarked;
