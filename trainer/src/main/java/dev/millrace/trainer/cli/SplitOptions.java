package dev.millrace.trainer.cli;

import dev.millrace.trainer.coco.CocoDataset;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetException;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.Split;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** On which labelled images a model is looked at. */
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class SplitOptions {
    @Option(
            names = "--dataset",
            paramLabel = "SPEC",
            required = true,
            converter = DatasetSpecConverter.class,
            description = DatasetSpecConverter.HELP)
    DatasetSpec dataset;

    @Option(
            names = "--split",
            defaultValue = "test",
            converter = SplitConverter.class,
            description = "train, validation or test (default: ${DEFAULT-VALUE})")
    private Split split;

    @Option(
            names = "--held-out",
            paramLabel = "N",
            description = "how many images the model's training held out, where train was told so with --held-out")
    private @Nullable Integer heldOut;

    /**
     * The pictures with boxes of the chosen split.
     *
     * @param folder of the data set
     */
    CocoDataset boxes(Path folder) throws IOException {
        if (heldOut != null) {
            throw new IllegalArgumentException(
                    "--held-out: %d (expected: not with coco:DIR, of which nothing is held out)".formatted(heldOut));
        }
        return CocoDataset.read(folder, split);
    }

    /** The images of the chosen split. */
    LabelledImages images(Dataset data) throws DatasetException {
        return (heldOut == null ? data : data.holdingOut(heldOut)).images(split);
    }
}
