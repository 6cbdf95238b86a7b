package dev.millrace.worker.model;

/**
 * The device that is wanted for a session.
 *
 * @param required true: refuse the model where the device cannot be used; false: fall back to {@code cpu:none}
 * @param cudaMemoryLimit bytes of GPU memory that one session may take; 0: as many as there are
 */
public record DeviceRequest(Device device, boolean required, long cudaMemoryLimit) {

    /** Any CPU. */
    public static final DeviceRequest ANY_CPU = require(Device.ANY_CPU);

    /** Refuses a negative limit. */
    public DeviceRequest {
        if (cudaMemoryLimit < 0) {
            throw new IllegalArgumentException("cudaMemoryLimit: " + cudaMemoryLimit + " (expected: at least 0)");
        }
    }

    public static DeviceRequest require(Device device) {
        return new DeviceRequest(device, true, 0);
    }

    public static DeviceRequest prefer(Device device) {
        return new DeviceRequest(device, false, 0);
    }
}
