package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.VersionName;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A version as people name it. */
final class VersionNameConverter implements ITypeConverter<VersionName> {
    @Override
    public VersionName convert(String text) {
        try {
            return new VersionName(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
