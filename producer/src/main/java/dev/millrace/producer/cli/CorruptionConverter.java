package dev.millrace.producer.cli;

import dev.millrace.producer.source.Corruption;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads what {@link Corruption#FORMS} says. */
final class CorruptionConverter implements ITypeConverter<Corruption> {
    CorruptionConverter() {}

    @Override
    public Corruption convert(String text) {
        try {
            return Corruption.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
