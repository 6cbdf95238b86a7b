package dev.millrace.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.model.TinyModels;
import org.junit.jupiter.api.Test;

final class PredictorTest {

    @Test
    void classifiesEveryLabelOfATinyModel() throws Exception {
        byte[] onnx = TinyModels.classifier(7, 5, 3, 10, 4);
        try (Predictor predictor = Predictor.load(onnx, PredictorOptions.DEFAULT.withTopK(3))) {
            for (int label = 0; label < 10; label++) {
                byte[] pixels = TinyModels.image(7, 5, 3, 10, 4, label);
                Prediction prediction = predictor.predict(EncodedImage.raw(5, 7, 3, pixels));
                assertThat(prediction.top().index()).isEqualTo(label);
                assertThat(prediction.top().label()).isEqualTo("label " + label);
                assertThat(prediction.labels()).hasSize(3);
            }
        }
    }
}
