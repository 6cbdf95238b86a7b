/**
 * From a control record to a live model: fold the control topic, fetch and verify what it asks for, rehearse and warm it, let the lanes
 * follow it, and say so on the status topic. Everything here belongs to the rollout thread, but {@code ModelPreparer}, which belongs to the
 * model thread; lanes only ever see plans and leases.
 */
@NullMarked
package dev.millrace.worker.rollout;

import org.jspecify.annotations.NullMarked;
