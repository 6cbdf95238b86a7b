package dev.millrace.trainer.cli;

import dev.millrace.trainer.onnx.PixelInput;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How pixels go into models that Millrace did not make. Labels come from the data set. */
final class PixelInputOptions {
    private enum Channels {
        RGB,
        BGR
    }

    @Option(
            names = "--mean",
            paramLabel = "X",
            split = ",",
            description = "for a float model that does not say it: it takes (pixel - mean) x scale, pixels from 0 to"
                    + " 255; one number or one per channel")
    private float @Nullable [] mean;

    @Option(names = "--scale", paramLabel = "X", split = ",", description = "see --mean")
    private float @Nullable [] scale;

    @Option(
            names = "--channels",
            description = "${COMPLETION-CANDIDATES}: of a model that does not say it (default: RGB)")
    private @Nullable Channels channels;

    PixelInput value() {
        return new PixelInput(list(mean), list(scale), channels == null ? null : channels.name());
    }

    private static @Nullable List<Float> list(float @Nullable [] values) {
        if (values == null) {
            return null;
        }
        Float[] boxed = new Float[values.length];
        Arrays.setAll(boxed, i -> values[i]);
        return List.of(boxed);
    }
}
