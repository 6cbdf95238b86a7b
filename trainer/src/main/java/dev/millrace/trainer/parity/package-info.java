/** Proves that an exported model computes what the trained network computes. */
@NullMarked
package dev.millrace.trainer.parity;

import org.jspecify.annotations.NullMarked;
