package dev.millrace.trainer.cli;

import dev.millrace.trainer.dataset.DatasetSpec;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Turns the value of {@code --dataset} into a spec. */
final class DatasetSpecConverter implements ITypeConverter<DatasetSpec> {
    /** What the help of every {@code --dataset} says. */
    static final String HELP = "cifar100[:DIR|ARCHIVE], cifar10[:DIR|ARCHIVE],%n"
            + "fashion-mnist[:DIR], mnist[:DIR] (without a place:%n"
            + "downloaded, once), folder:DIR (PNG and JPEG, one%n"
            + "folder a class), images:DIR (the same, unlabelled),%n"
            + "coco:DIR (boxes, for evaluate with a detector) or%n"
            + "bundled:fashion-mnist";

    @Override
    public DatasetSpec convert(String text) {
        try {
            return DatasetSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
