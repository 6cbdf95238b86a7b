package dev.millrace.worker.lane;

import dev.millrace.worker.model.Device;

/**
 * Which lane this is.
 *
 * @param worker worker id
 * @param lane number within the worker, from 0
 * @param device the device slot it is for
 */
public record LaneIdentity(String worker, int lane, Device device) {}
