package dev.millrace.trainer.cli;

import dev.millrace.schemas.registry.Split;
import dev.millrace.trainer.rollout.Notation;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 10%} or {@code 0.5%} as a share of {@link Split#WHOLE}. */
final class ShareConverter implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
        try {
            return Notation.share(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
