package dev.millrace.trainer.fit;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.weights.FloatTensor;
import dev.millrace.trainer.weights.TensorFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a run stands, as one safetensors file: all it takes to go on to the same result.
 *
 * @param identity names data, network and recipe; only the same run may continue from here
 * @param epoch that comes next or is under way, from 0
 * @param step of that epoch that comes next, from 0
 * @param lossSum of that epoch's steps so far
 * @param history of the finished epochs
 * @param weights by name
 * @param momenta by the names of their weights
 */
record Checkpoint(
        String identity,
        int epoch,
        int step,
        double lossSum,
        List<EpochReport> history,
        Map<String, FloatTensor> weights,
        Map<String, FloatTensor> momenta) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MOMENTUM = "momentum.";

    Checkpoint {
        history = List.copyOf(history);
    }

    /** Replaces the file in one step: a crash leaves the checkpoint before. */
    void save(Path file) throws IOException {
        Map<String, FloatTensor> tensors = new LinkedHashMap<>(weights);
        momenta.forEach((name, momentum) -> tensors.put(MOMENTUM + name, momentum));
        Map<String, String> metadata = Map.of(
                "identity", identity,
                "epoch", String.valueOf(epoch),
                "step", String.valueOf(step),
                "lossSum", String.valueOf(lossSum),
                "history", JSON.writeValueAsString(history));
        new TensorFile(metadata, tensors).write(file);
    }

    static Checkpoint load(Path file) throws IOException {
        TensorFile content = TensorFile.read(file);
        Map<String, String> metadata = content.metadata();
        Map<String, FloatTensor> weights = new LinkedHashMap<>();
        Map<String, FloatTensor> momenta = new LinkedHashMap<>();
        content.tensors().forEach((name, tensor) -> {
            if (name.startsWith(MOMENTUM)) {
                momenta.put(name.substring(MOMENTUM.length()), tensor);
            } else {
                weights.put(name, tensor);
            }
        });
        try {
            return new Checkpoint(
                    metadata.getOrDefault("identity", ""),
                    Integer.parseInt(metadata.getOrDefault("epoch", "")),
                    Integer.parseInt(metadata.getOrDefault("step", "")),
                    Double.parseDouble(metadata.getOrDefault("lossSum", "")),
                    JSON.readValue(metadata.getOrDefault("history", ""), new TypeReference<List<EpochReport>>() {}),
                    weights,
                    momenta);
        } catch (NumberFormatException e) {
            throw new IOException(file + ": " + e.getMessage() + " (expected: a checkpoint that `train` wrote)", e);
        }
    }
}
