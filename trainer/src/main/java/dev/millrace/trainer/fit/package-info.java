/**
 * Training: batches are cut, shuffled and augmented on a loader thread, steps are taken on the calling thread, and everything a run has
 * become is in its folder after every epoch, so that it can be stopped and continued to the same result.
 */
@NullMarked
package dev.millrace.trainer.fit;

import org.jspecify.annotations.NullMarked;
