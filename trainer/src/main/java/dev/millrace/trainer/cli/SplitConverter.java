package dev.millrace.trainer.cli;

import dev.millrace.trainer.dataset.Split;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

final class SplitConverter implements ITypeConverter<Split> {
    @Override
    public Split convert(String text) {
        try {
            return Split.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("split: " + text + " (expected: train, validation or test)");
        }
    }
}
