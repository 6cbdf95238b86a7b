package dev.millrace.trainer.fit;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.torch.TorchTrainer;
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
 * @param state of the weights after the steps so far
 */
record Checkpoint(
        String identity, int epoch, int step, double lossSum, List<EpochReport> history, TorchTrainer.State state) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MOMENTUM = "momentum.";
    private static final String AVERAGE = "average.";

    Checkpoint {
        history = List.copyOf(history);
    }

    /** Replaces the file in one step: a crash leaves the checkpoint before. */
    void save(Path file) throws IOException {
        Map<String, FloatTensor> tensors = new LinkedHashMap<>(state.weights());
        state.momenta().forEach((name, momentum) -> tensors.put(MOMENTUM + name, momentum));
        state.averages().forEach((name, average) -> tensors.put(AVERAGE + name, average));
        Map<String, String> metadata = Map.of(
                "steps", String.valueOf(state.steps()),
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
        Map<String, FloatTensor> averages = new LinkedHashMap<>();
        content.tensors().forEach((name, tensor) -> {
            if (name.startsWith(MOMENTUM)) {
                momenta.put(name.substring(MOMENTUM.length()), tensor);
            } else if (name.startsWith(AVERAGE)) {
                averages.put(name.substring(AVERAGE.length()), tensor);
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
                    new TorchTrainer.State(
                            Long.parseLong(metadata.getOrDefault("steps", "")), weights, momenta, averages));
        } catch (NumberFormatException e) {
            throw new IOException(file + ": " + e.getMessage() + " (expected: a checkpoint that `train` wrote)", e);
        }
    }
}
