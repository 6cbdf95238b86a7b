/**
 * From a control record to a live model: fold the control topic, fetch and verify what it asks for, warm it, swap it in,
 * and say so on the status topic. Everything here belongs to the rollout thread; lanes only ever see the swap.
 */
@NullMarked
package dev.millrace.worker.rollout;

import org.jspecify.annotations.NullMarked;
