/** Measures a model file on a data set, by the very code that serves it. */
@NullMarked
package dev.millrace.trainer.evaluate;

import org.jspecify.annotations.NullMarked;
