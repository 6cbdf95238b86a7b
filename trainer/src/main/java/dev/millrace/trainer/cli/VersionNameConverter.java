package dev.millrace.trainer.cli;

import dev.millrace.trainer.rollout.VersionName;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A version as people name it. */
final class VersionNameConverter implements ITypeConverter<VersionName> {
    /** What a usage says in the place of a version. */
    static final String LABEL = "VERSION";
    /** What may be given for it, for the help of every command. */
    static final String FORMS = "a number, champion, challenger, previous, latest, or an alias";

    @Override
    public VersionName convert(String text) {
        try {
            return new VersionName(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
