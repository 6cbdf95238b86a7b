package dev.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.worker.model.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class Float32Test {
    private static final int PIXELS = 3 * 32 * 32;
    private static final float MEAN = 122;
    private static final float SCALE = 0.015625f;

    private static byte[] int8 = new byte[0];
    private static byte[] fp32 = new byte[0];

    @BeforeAll
    static void makeTheTwin() throws Exception {
        int8 = BundledModels.read("bundled:cifar100-resnet20");
        fp32 = Float32.of(int8);
    }

    @Test
    void hasNoIntegersBehindItsInput() throws Exception {
        assertThat(OnnxFile.parse(fp32, "twin").getGraph().getNodeList())
                .extracting(node -> node.getOpType())
                .doesNotContain("QuantizeLinear")
                .filteredOn("DequantizeLinear"::equals)
                .hasSize(1);
        assertThat(OnnxFile.metadata(OnnxFile.parse(fp32, "twin"))).containsEntry("millrace.precision", "fp32");
    }

    @Test
    void saysNearlyWhatTheIntegersSay() throws Exception {
        byte[] pixels = new byte[PIXELS];
        new Random(1).nextBytes(pixels);
        float[] integers = scores(int8, pixels);
        float[] floats = scores(fp32, pixels);
        double noise = 0;
        double signal = 0;
        for (int i = 0; i < integers.length; i++) {
            noise += Math.pow(integers[i] - floats[i], 2);
            signal += Math.pow(floats[i], 2);
        }
        assertThat(noise / signal).isLessThan(0.05);
    }

    @Test
    void takesFloatsThatSomebodyElseHasScaled() throws Exception {
        byte[] pixels = new byte[PIXELS];
        new Random(2).nextBytes(pixels);
        float[] scaled = new float[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            scaled[i] = (Byte.toUnsignedInt(pixels[i]) - MEAN) * SCALE;
        }
        OrtEnvironment runtime = OnnxRuntime.environment();
        try (OrtSession session = runtime.createSession(Float32.takingFloats(fp32));
                OnnxTensor tensor =
                        OnnxTensor.createTensor(runtime, FloatBuffer.wrap(scaled), new long[] {1, 3, 32, 32});
                OrtSession.Result result =
                        session.run(Map.of(session.getInputNames().iterator().next(), tensor))) {
            assertThat(((float[][]) result.get(0).getValue())[0]).containsExactly(scores(fp32, pixels), within(1e-4f));
        }
    }

    private static float[] scores(byte[] model, byte[] pixels) throws Exception {
        OrtEnvironment runtime = OnnxRuntime.environment();
        try (OrtSession session = runtime.createSession(model);
                OnnxTensor tensor = OnnxTensor.createTensor(
                        runtime, ByteBuffer.wrap(pixels), new long[] {1, 3, 32, 32}, OnnxJavaType.UINT8);
                OrtSession.Result result =
                        session.run(Map.of(session.getInputNames().iterator().next(), tensor))) {
            return ((float[][]) result.get(0).getValue())[0];
        }
    }
}
