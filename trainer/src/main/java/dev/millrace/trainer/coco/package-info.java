/** Data sets of boxes in COCO's format, and the COCO evaluation of what a detector finds on them. */
@NullMarked
package dev.millrace.trainer.coco;

import org.jspecify.annotations.NullMarked;
