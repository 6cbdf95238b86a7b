package dev.millrace.trainer.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFileTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void readsWhatItWrote() throws IOException {
        Path file = folder.resolve("a.safetensors");
        TensorFile written = new TensorFile(
                Map.of("key", "välue"),
                Map.of("t", new FloatTensor(new long[] {2, 2}, new float[] {1, -0f, Float.MIN_VALUE, 3e38f})));

        written.write(file);

        assertThat(TensorFile.read(file)).isEqualTo(written);
    }

    @Test
    void equalContentsAreEqualBytes() throws IOException {
        Map<String, FloatTensor> forth = new LinkedHashMap<>();
        forth.put("a", FloatTensor.vector(1));
        forth.put("b", FloatTensor.vector(2));
        Map<String, FloatTensor> back = new LinkedHashMap<>();
        back.put("b", FloatTensor.vector(2));
        back.put("a", FloatTensor.vector(1));

        new TensorFile(Map.of("k", "v"), forth).write(folder.resolve("forth"));
        new TensorFile(Map.of("k", "v"), back).write(folder.resolve("back"));

        assertThat(folder.resolve("forth")).hasSameBinaryContentAs(folder.resolve("back"));
    }

    @Test
    void keepsTheOldFileWhenWritingFails() throws IOException {
        Path file = folder.resolve("a.safetensors");
        TensorFile first = new TensorFile(Map.of(), Map.of("t", FloatTensor.vector(1)));
        first.write(file);
        // The neighbour that is written first cannot be: a folder that is not empty has its name.
        Files.createDirectories(folder.resolve("a.safetensors.part/full"));

        assertThatThrownBy(() -> new TensorFile(Map.of(), Map.of("t", FloatTensor.vector(2))).write(file))
                .isInstanceOf(IOException.class);

        assertThat(TensorFile.read(file)).isEqualTo(first);
    }

    @Test
    void refusesEveryFileThatIsCutShort() throws IOException {
        Path file = folder.resolve("a.safetensors");
        new TensorFile(Map.of("k", "v"), Map.of("t", FloatTensor.vector(1, 2, 3))).write(file);
        byte[] whole = Files.readAllBytes(file);

        for (int length = 0; length < whole.length; length++) {
            Path cut = folder.resolve("cut");
            Files.write(cut, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> TensorFile.read(cut)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void refusesOtherTypesAndWrongShapes() throws IOException {
        Path file = folder.resolve("a.safetensors");
        for (String tensor : new String[] {
            "{'dtype':'I32','shape':[1],'data_offsets':[0,4]}",
            "{'dtype':'F32','shape':[3],'data_offsets':[0,4]}",
            "{'dtype':'F32','shape':[2],'data_offsets':[0,8]}",
            "{'dtype':'F32','shape':[1],'data_offsets':[-4,0]}"
        }) {
            Files.write(file, bytes("{'t':" + tensor + "}", 4));
            assertThatThrownBy(() -> TensorFile.read(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("t");
        }
    }

    @Test
    void readsHalvesExactly() throws IOException {
        Path file = folder.resolve("halves");
        // 1, -2, the smallest and the largest half, minus infinity, -0; then 1, -2, 1 + 1/128 as bfloat16.
        byte[] bytes = bytes(
                "{'h':{'dtype':'F16','shape':[2,3],'data_offsets':[0,12]},'b':{'dtype':'BF16','shape':[3],'data_offsets':[12,18]}}",
                18);
        ByteBuffer.wrap(bytes, bytes.length - 18, 18)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asShortBuffer()
                .put(new short[] {
                    0x3c00, (short) 0xc000, 1, 0x7bff, (short) 0xfc00, (short) 0x8000, 0x3f80, (short) 0xc000, 0x3f81
                });
        Files.write(file, bytes);

        TensorFile read = TensorFile.read(file);

        assertThat(read.tensors().get("h"))
                .isEqualTo(new FloatTensor(
                        new long[] {2, 3}, new float[] {1, -2, 0x1p-24f, 65504, Float.NEGATIVE_INFINITY, -0f}));
        assertThat(read.tensors().get("b")).isEqualTo(FloatTensor.vector(1, -2, 1 + 1 / 128f));
    }

    /** A file of this header, with apostrophes for quotation marks, and that many zeros. */
    static byte[] bytes(String header, int data) {
        byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + json.length + data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array();
    }

    @Test
    void trainedNetComesBackWhole() throws IOException {
        Path file = folder.resolve("net.safetensors");
        TrainedNet net = Samples.randomNet(1);

        net.save(file);

        assertThat(TrainedNet.load(file)).isEqualTo(net);
    }

    @Test
    void trainedNetWithoutOneOfItsWeightsIsRefused() throws IOException {
        Path file = folder.resolve("net.safetensors");
        Samples.randomNet(1).save(file);
        TensorFile content = TensorFile.read(file);
        content.tensors().remove("logits.bias");
        content.write(file);

        assertThatThrownBy(() -> TrainedNet.load(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("resnet-micro");
    }
}
