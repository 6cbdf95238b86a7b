/** Which version answers which request, as the control topic decides it: written by the rollout thread, read by the lanes. */
@NullMarked
package dev.millrace.worker.serving;

import org.jspecify.annotations.NullMarked;
