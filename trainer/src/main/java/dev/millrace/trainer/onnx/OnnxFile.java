package dev.millrace.trainer.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.trainer.files.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** ONNX models as files, and their metadata properties. */
public final class OnnxFile {
    private OnnxFile() {}

    /**
     * Parses a whole model.
     *
     * @throws IOException when the bytes are no ONNX model with a graph
     */
    public static ModelProto parse(byte[] bytes, String name) throws IOException {
        try {
            ModelProto model = ModelProto.parseFrom(bytes);
            if (model.getGraph().getNodeCount() == 0) {
                throw new IOException(name + ": has no graph (expected: an ONNX model)");
            }
            return model;
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(name + ": " + e.getMessage() + " (expected: an ONNX model)", e);
        }
    }

    /** Replaces the file in one step; makes its folder. */
    public static void write(ModelProto model, Path file) throws IOException {
        WholeFile.write(file, model.toByteArray());
    }

    /** The metadata properties, sorted by key. */
    public static Map<String, String> metadata(ModelProto model) {
        Map<String, String> metadata = new TreeMap<>();
        model.getMetadataPropsList().forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
        return metadata;
    }

    /** The model with exactly these metadata properties, sorted by key so that equal models are equal bytes. */
    public static ModelProto withMetadata(ModelProto model, Map<String, String> metadata) {
        ModelProto.Builder changed = model.toBuilder().clearMetadataProps();
        new TreeMap<>(metadata)
                .forEach((key, value) -> changed.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return changed.build();
    }
}
