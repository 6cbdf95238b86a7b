package dev.millrace.worker.model;

/**
 * The device that is wanted for a session.
 *
 * @param required true: refuse the model where the device cannot be used; false: fall back to {@code cpu:none}
 */
public record DeviceRequest(Device device, boolean required) {

    /** Any CPU. */
    public static final DeviceRequest ANY_CPU = new DeviceRequest(Device.ANY_CPU, true);

    public static DeviceRequest require(Device device) {
        return new DeviceRequest(device, true);
    }

    public static DeviceRequest prefer(Device device) {
        return new DeviceRequest(device, false);
    }
}
