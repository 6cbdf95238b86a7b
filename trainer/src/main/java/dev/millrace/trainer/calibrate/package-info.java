/**
 * Calibration: which range of real numbers the 256 values of a uint8 activation stand for, found from what the activation is over real
 * images.
 */
@NullMarked
package dev.millrace.trainer.calibrate;

import org.jspecify.annotations.NullMarked;
