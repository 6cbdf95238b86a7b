package dev.millrace.trainer.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.evaluate.Evaluator;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.infer.PredictorOptions;
import dev.millrace.worker.infer.ScoredLabel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReferenceTest {
    @Test
    void isWhatAWorkerAnswersToTheSameImages() throws Exception {
        Dataset data = Samples.dataset();
        byte[] onnx = BundledModels.read(BundledModels.FASHION_MNIST);

        Reference reference = Reference.of(new Evaluator(data.validation(), data.classes()).evaluate(onnx));

        List<Long> counts = new ArrayList<>(Collections.nCopies(10, 0L));
        double scores = 0;
        LabelledImages images = data.validation();
        try (Predictor worker = Predictor.load(onnx, PredictorOptions.DEFAULT.withTopK(1))) {
            for (int i = 0; i < images.size(); i++) {
                ScoredLabel top = worker.predict(EncodedImage.raw(28, 28, 1, images.image(i)))
                        .top();
                counts.set(top.index(), counts.get(top.index()) + 1);
                scores += top.score();
            }
        }
        assertThat(reference.answers()).isEqualTo(counts);
        assertThat(reference.confidence()).isCloseTo(scores / images.size(), within(1e-6));
    }

    @Test
    void goesThroughJson() throws Exception {
        Reference reference = new Reference(List.of(1L, 0L, 12_345_678_901L), 0.875);
        ObjectMapper json = new ObjectMapper();

        assertThat(json.readValue(json.writeValueAsString(reference), Reference.class))
                .isEqualTo(reference);
    }
}
