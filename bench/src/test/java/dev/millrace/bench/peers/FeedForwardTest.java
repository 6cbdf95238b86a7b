package dev.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.onnx.OnnxFile;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FeedForwardTest {
    @Test
    void hasAsManyWeightsAsCrayfishs() throws Exception {
        long weights = OnnxFile.parse(FeedForward.onnx(1), "ffnn").getGraph().getInitializerList().stream()
                .filter(tensor -> tensor.getDimsCount() > 0)
                .filter(tensor -> tensor.getName().startsWith("weight")
                        || tensor.getName().startsWith("bias"))
                .mapToLong(tensor -> tensor.getRawData().size() / Float.BYTES)
                .sum();

        assertThat(weights).isEqualTo(27_562);
    }

    @Test
    void isTheSameForASeed() {
        assertThat(Arrays.equals(FeedForward.onnx(7), FeedForward.onnx(7))).isTrue();
        assertThat(Arrays.equals(FeedForward.onnx(7), FeedForward.onnx(8))).isFalse();
    }
}
