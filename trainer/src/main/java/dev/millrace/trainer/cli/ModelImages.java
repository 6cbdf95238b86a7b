package dev.millrace.trainer.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.WantedShape;
import dev.millrace.trainer.observe.ImageInput;
import dev.millrace.trainer.onnx.ModelMetadata;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.onnx.PixelInput;
import dev.millrace.worker.model.ModelProperties;
import java.io.IOException;
import java.util.Map;

/** Loads a data set as a model wants it. Only reads the model, does not run it. */
final class ModelImages {
    private ModelImages() {}

    /**
     * In the shape that the model takes, with the model's labels or, where it has none, the data set's own.
     *
     * @throws IllegalArgumentException when the model does not take one image tensor, or nobody says how
     */
    static Dataset load(DatasetSpec spec, ModelProto model, PixelInput input) throws IOException {
        Map<String, String> metadata = OnnxFile.metadata(model);
        metadata.putAll(input.complete(model));
        WantedShape wanted =
                WantedShape.exactly(ImageInput.of(model, metadata).shape(), ModelProperties.resizing(metadata));
        Dataset data = spec.load(wanted, DownloadProgress.onTerminal()).labelled();
        return metadata.containsKey(ModelMetadata.LABELS) ? data.labelledAs(ModelMetadata.labels(metadata)) : data;
    }
}
