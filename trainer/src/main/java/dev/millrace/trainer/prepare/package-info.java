/**
 * Brings models that others made into the one form that the quantizer rewrites: weights that are constants, batch norms folded, shape
 * arithmetic done, opset 13 or newer; and proves that it still computes the same.
 */
@NullMarked
package dev.millrace.trainer.prepare;

import org.jspecify.annotations.NullMarked;
