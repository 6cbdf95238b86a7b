package dev.millrace.trainer.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.WeightShape;
import dev.millrace.trainer.torch.Compute;
import dev.millrace.trainer.torch.TorchNet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Holds architectures, and our names of their weights, to the modules that others publish: {@code reference-logits.json} has the logits of
 * torchvision 0.29.2's {@code resnet18} and {@code resnet50} and of efficientnet_lite_pytorch 0.1.0's {@code EfficientNet}, run by PyTorch
 * 2.15 in float64 and in evaluation mode, for 10 classes and the two images of {@link #pixels()}, with {@code image_size=(40, 33)} and the
 * normalisation that each was trained with. The values of a tensor come from its name there, see {@link #values}.
 */
class ReferenceLogitsTest {
    private static final ImageShape SHAPE = new ImageShape(40, 33, 3);
    private static final int IMAGES = 2;
    private static final int CLASSES = 10;
    /** Float32 against float64, for logits of up to 5. */
    private static final double TOLERANCE = 1e-4;

    @ParameterizedTest
    @CsvSource({
        "efficientnet-lite0, EFFICIENTNET_LITE_PYTORCH, 1",
        "efficientnet-lite1, EFFICIENTNET_LITE_PYTORCH, 1",
        "efficientnet-lite2, EFFICIENTNET_LITE_PYTORCH, 1",
        "resnet18, TORCHVISION, 0.5",
        "resnet50, TORCHVISION, 0.5"
    })
    void computesWhatTheReferenceComputes(String id, Naming naming, double gain) throws IOException {
        Architecture architecture = Architecture.parse(id);
        Network network = architecture.network(SHAPE, CLASSES);
        Map<String, String> names = naming.of(network);
        Map<String, FloatTensor> weights = new LinkedHashMap<>();
        for (WeightShape weight : network.weights()) {
            weights.put(weight.name(), values(Objects.requireNonNull(names.get(weight.name())), weight, gain));
        }

        TorchNet net = new TorchNet(network, architecture.normalization(() -> 0), weights, Compute.exact(1));
        float[] logits = net.logits(pixels(), IMAGES);
        net.close();

        JsonNode expected = reference().path(id);
        for (int i = 0; i < IMAGES * CLASSES; i++) {
            double reference = expected.path(i / CLASSES).path(i % CLASSES).asDouble();
            assertThat((double) logits[i]).as("logit %d", i).isCloseTo(reference, within(TOLERANCE));
        }
    }

    /** u from {@link #mixed} of the name's CRC-32 plus the index; spread as He et al. would have it, or so that no batch norm is trivial. */
    private static FloatTensor values(String name, WeightShape shape, double gain) {
        CRC32 crc = new CRC32();
        crc.update(name.getBytes(StandardCharsets.UTF_8));
        int dimensions = shape.dimensions().size();
        double fanIn = (double) shape.size() / shape.dimensions().get(0);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            double u = Integer.toUnsignedLong(mixed(i + (int) crc.getValue())) / 0x1p32;
            values[i] = (float)
                    (dimensions > 1
                            ? (u - 0.5) * Math.sqrt((dimensions == 4 ? 24 : 12) / fanIn)
                            : name.endsWith("running_var")
                                    ? 0.5 + u
                                    : name.endsWith(".weight") ? gain * (0.5 + u) : u - 0.5);
        }
        return new FloatTensor(
                shape.dimensions().stream().mapToLong(Integer::longValue).toArray(), values);
    }

    /** The upper 8 bits of {@link #mixed} of each position. */
    private static byte[] pixels() {
        byte[] pixels = new byte[IMAGES * SHAPE.bytes()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (mixed(i) >>> 24);
        }
        return pixels;
    }

    private static int mixed(int x) {
        int y = (x ^ x >>> 15) * 0x2c1b3c6d;
        y = (y ^ y >>> 12) * 0x297a2d39;
        return y ^ y >>> 15;
    }

    private static JsonNode reference() throws IOException {
        try (InputStream in = ReferenceLogitsTest.class.getResourceAsStream("/reference-logits.json")) {
            return new ObjectMapper().readTree(in);
        }
    }
}
