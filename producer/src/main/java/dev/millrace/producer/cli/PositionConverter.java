package dev.millrace.producer.cli;

import dev.millrace.producer.deadletter.Position;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a letter's {@code PARTITION@OFFSET}. */
final class PositionConverter implements ITypeConverter<Position> {
    PositionConverter() {}

    @Override
    public Position convert(String text) {
        try {
            return Position.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
