package dev.millrace.trainer.export;

import java.util.Map;

/**
 * What a person may decide about an exported model.
 *
 * @param name of the model
 * @param lineage where it comes from, added to what the weights say of themselves; see {@code ModelMetadata} for the keys
 */
public record ExportOptions(String name, InputKind input, Opset opset, Map<String, String> lineage) {
    public ExportOptions {
        lineage = Map.copyOf(lineage);
    }

    /** Takes bytes, in the opset that most can read. */
    public static ExportOptions named(String name) {
        return new ExportOptions(name, InputKind.UINT8, Opset.DEFAULT, Map.of());
    }
}
