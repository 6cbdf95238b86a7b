package dev.millrace.worker.infer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.InferenceFailedException;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.TinyModels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PredictorTest {

    private static final byte[] ONNX = TinyModels.classifier(7, 5, 3, 10, 4);

    @Test
    void aRunIsReadWithAnotherThresholdAndWithTheModelsOwnAlike() throws Exception {
        byte[] pixels = TinyModels.quarters(255, 128, 77, 10);
        int side = TinyModels.DETECTOR_SIZE;
        try (Predictor predictor = Predictor.load(TinyModels.detector(2), PredictorOptions.DEFAULT)) {
            Predictor lowest = predictor.atThreshold(DetectionThreshold.LEAST);
            predictor.decode(EncodedImage.raw(side, side, 1, pixels), 0);
            predictor.run(1);

            List<DetectedBox> all = ((Answer.Boxes) lowest.answer(0)).found();
            List<DetectedBox> own = ((Answer.Boxes) predictor.answer(0)).found();
            assertThat(all).hasSize(4);
            assertThat(own).hasSize(2).isEqualTo(all.subList(0, 2));
            assertThat(DetectionThreshold.of(predictor.spec())).isEqualTo(0.5f);
        }
    }

    @Test
    void classifiesEveryLabelOfATinyModel() throws Exception {
        try (Predictor predictor = Predictor.load(ONNX, PredictorOptions.DEFAULT.withTopK(3))) {
            for (int label = 0; label < 10; label++) {
                Prediction prediction = predictor.predict(image(label));
                assertThat(prediction.top().index()).isEqualTo(label);
                assertThat(prediction.top().label()).isEqualTo("label " + label);
                assertThat(prediction.labels()).hasSize(3);
                assertThat(prediction.decodeNanos()).isPositive();
                assertThat(prediction.inferNanos()).isPositive();
            }
        }
    }

    @Test
    void answersMoreImagesThanABatchHoldsInOrder() throws Exception {
        List<EncodedImage> images = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            images.add(image(i * 3 % 10));
        }
        try (Predictor predictor = Predictor.load(ONNX, PredictorOptions.DEFAULT.withMaxBatch(4))) {
            List<Prediction> predictions = predictor.predict(images);
            assertThat(predictions).hasSize(11);
            for (int i = 0; i < 11; i++) {
                assertThat(predictions.get(i).top().index()).isEqualTo(i * 3 % 10);
            }
            assertThat(predictor.predict(List.of())).isEmpty();
        }
    }

    @Test
    void loadsAFile(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("tiny.onnx"), ONNX);
        try (Predictor predictor = Predictor.load(file)) {
            assertThat(predictor.spec().name()).isEqualTo("tiny");
            assertThat(predictor.device()).hasToString("cpu:none");
            assertThat(predictor.maxBatch()).isEqualTo(8);
            assertThat(predictor.predict(image(6)).top().index()).isEqualTo(6);
        }
    }

    @Test
    void keepsServingAfterARejectedImage() throws Exception {
        try (Predictor predictor = Predictor.load(ONNX, PredictorOptions.DEFAULT)) {
            assertThatExceptionOfType(ImageRejectedException.class)
                    .isThrownBy(() -> predictor.predict(EncodedImage.raw(5, 7, 3, new byte[3])));
            assertThat(predictor.predict(image(2)).top().index()).isEqualTo(2);
        }
    }

    @Test
    void leavesALentModelOpen() throws Exception {
        try (LoadedModel lent = LoadedModel.load(ONNX, ModelSpec.describe(ONNX), DeviceRequest.ANY_CPU, 2)) {
            try (Predictor predictor = new Predictor(lent, 1, DecodeLimits.DEFAULT)) {
                predictor.decode(image(3), 0);
                predictor.decode(image(8), 1);
                predictor.run(2);
                assertThat(predictor.top(0).get(0).index()).isEqualTo(3);
                assertThat(predictor.top(1).get(0).index()).isEqualTo(8);
            }
            lent.run(1);
        }
    }

    @Test
    void closesAModelOfItsOwn() throws Exception {
        Predictor predictor = Predictor.load(ONNX, PredictorOptions.DEFAULT);
        predictor.close();
        predictor.close();
        assertThatIllegalStateException().isThrownBy(() -> predictor.run(1));
    }

    @Test
    void failsOnAModelWhoseLogitsAreNoNumbers() throws Exception {
        byte[] nan = TinyModels.Recipe.of(7, 5, 3, 10).withBias(Float.NaN).build();
        try (Predictor predictor = Predictor.load(nan, PredictorOptions.DEFAULT)) {
            assertThatExceptionOfType(InferenceFailedException.class).isThrownBy(() -> predictor.predict(image(0)));
        }
    }

    @Test
    void refusesWhatIsNoModel() {
        assertThatExceptionOfType(ModelRefusedException.class)
                .isThrownBy(() -> Predictor.load(new byte[10], PredictorOptions.DEFAULT));
    }

    private static EncodedImage image(int label) {
        return EncodedImage.raw(5, 7, 3, TinyModels.image(7, 5, 3, 10, 4, label));
    }
}
