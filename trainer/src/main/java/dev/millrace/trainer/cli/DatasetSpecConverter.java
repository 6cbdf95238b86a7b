package dev.millrace.trainer.cli;

import dev.millrace.trainer.dataset.DatasetSpec;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

final class DatasetSpecConverter implements ITypeConverter<DatasetSpec> {
    @Override
    public DatasetSpec convert(String text) {
        try {
            return DatasetSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
