package dev.millrace.bench.terminal;

import dev.millrace.worker.delivery.DeliveryMode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a mode as the {@code delivery} setting does. */
public final class ModeConverter implements ITypeConverter<DeliveryMode> {
    /** Made by picocli. */
    public ModeConverter() {}

    @Override
    public DeliveryMode convert(String text) {
        try {
            return DeliveryMode.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(String.valueOf(e.getMessage()));
        }
    }
}
