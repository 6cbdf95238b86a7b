package dev.millrace.bench.terminal;

import dev.millrace.worker.model.Device;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code cpu:none}, for a CPU of its own for each lane, or {@code cuda:N}. */
public final class DeviceConverter implements ITypeConverter<Device> {
    /** Made by picocli. */
    public DeviceConverter() {}

    @Override
    public Device convert(String text) {
        try {
            Device device = Device.parse(text);
            if (device.kind() == Device.Kind.CUDA || device.equals(Device.ANY_CPU)) {
                return device;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new TypeConversionException(text + " (expected: cpu:none or cuda:N)");
    }
}
