package dev.millrace.trainer.fit;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.evaluate.ConfusionMatrix;
import dev.millrace.trainer.evaluate.ConfusionPicture;
import dev.millrace.trainer.files.WholeFile;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The files of one training run. Each is replaced in one step. */
final class RunFolder {
    private final Path folder;

    RunFolder(Path folder) {
        this.folder = folder;
    }

    void create() throws IOException {
        Files.createDirectories(folder);
    }

    Path checkpointFile() {
        return folder.resolve(TrainingRun.CHECKPOINT);
    }

    Optional<Checkpoint> checkpoint() throws IOException {
        return Files.exists(checkpointFile()) ? Optional.of(Checkpoint.load(checkpointFile())) : Optional.empty();
    }

    void save(Checkpoint checkpoint) throws IOException {
        checkpoint.save(checkpointFile());
    }

    /** The best epoch so far: its weights, and how its answers to the validation images are spread. */
    void save(TrainedNet best, ConfusionMatrix validation, int epoch) throws IOException {
        best.save(folder.resolve(TrainingRun.MODEL));
        String title = String.format(
                Locale.ROOT,
                "%s, epoch %d: %,d validation images, top-1 %.2f %%",
                best.network().architecture(),
                epoch,
                validation.images(),
                100 * validation.top1());
        ConfusionPicture.write(validation, title, folder.resolve(TrainingRun.CONFUSION));
    }

    /** One line per epoch and the curve, written anew each time, so that they never disagree with the checkpoint. */
    void save(List<EpochReport> history, int planned, String title) throws IOException {
        ObjectMapper json = new ObjectMapper();
        StringBuilder lines = new StringBuilder();
        for (EpochReport report : history) {
            lines.append(json.writeValueAsString(report)).append('\n');
        }
        write(TrainingRun.METRICS, lines.toString());
        write(TrainingRun.CURVE, LearningCurve.svg(history, planned, title));
    }

    private void write(String name, String content) throws IOException {
        WholeFile.write(folder.resolve(name), content.getBytes(StandardCharsets.UTF_8));
    }
}
