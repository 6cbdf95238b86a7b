package dev.millrace.trainer.cli;

import dev.millrace.trainer.dataset.DatasetSpec;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Turns the value of {@code --dataset} into a spec. */
final class DatasetSpecConverter implements ITypeConverter<DatasetSpec> {
    /** What the help of every {@code --dataset} says. */
    static final String HELP = DatasetSpec.FORMS
            + ". folder: PNG and JPEG in one folder a class; images: without labels. Without a place the first four are"
            + " downloaded, once.";

    @Override
    public DatasetSpec convert(String text) {
        try {
            return DatasetSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
