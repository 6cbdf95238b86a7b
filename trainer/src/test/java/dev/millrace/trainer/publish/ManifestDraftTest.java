package dev.millrace.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.Resize;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.worker.model.ModelRefusedException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManifestDraftTest {
    @Test
    void whatAPersonSaysIsInTheManifest() throws Exception {
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        Map<String, String> said =
                Map.of("millrace.input.resize", "stretch", "millrace.name", "not-this", "millrace.head.x", "1");

        ModelManifest manifest = ManifestDraft.of(onnx, "clothes", null, said).withVersion(3, Instant.EPOCH);

        assertThat(manifest.getName()).isEqualTo("clothes");
        assertThat(manifest.getInput().getResize()).isEqualTo(Resize.STRETCH);
        assertThat(manifest.getHead()).containsEntry("x", "1");
    }

    @Test
    void aDetectorWhoseBoxesNobodyCouldReadIsNotPublished() throws Exception {
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);
        Map<String, String> said = Map.of("millrace.task", "detection", "millrace.head.decoding", "yolov8");

        assertThatThrownBy(() -> ManifestDraft.of(onnx, null, List.of("a", "b"), said))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageStartingWith("head: output: ")
                .hasMessageContaining("(expected: an axis of 6 values for each box)");
    }
}
