/**
 * The delivery guarantee of a lane: when a request that was taken counts as settled, and what happens to it when
 * something fails before. One class per mode; everything here belongs to the lane's thread.
 */
@NullMarked
package dev.millrace.worker.delivery;

import org.jspecify.annotations.NullMarked;
