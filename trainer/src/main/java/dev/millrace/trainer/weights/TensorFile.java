package dev.millrace.trainer.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.trainer.files.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Named tensors and text metadata in the safetensors format: the length of the header as a little-endian long, the header in JSON, then
 * the values (written as F32, read from F32, F16 and BF16, little-endian). Any safetensors reader opens it.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">safetensors</a>
 */
public record TensorFile(SortedMap<String, String> metadata, SortedMap<String, FloatTensor> tensors) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String METADATA = "__metadata__";
    private static final int MAX_HEADER = 1 << 24;

    /** Copies and sorts: equal contents are equal bytes. */
    public TensorFile(Map<String, String> metadata, Map<String, FloatTensor> tensors) {
        this(new TreeMap<>(metadata), new TreeMap<>(tensors));
    }

    /** Replaces the file in one step. */
    public void write(Path file) throws IOException {
        byte[] header = header();
        WholeFile.write(file, out -> {
            out.write(littleEndian(Long.BYTES).putLong(header.length).flip());
            out.write(ByteBuffer.wrap(header));
            for (FloatTensor tensor : tensors.values()) {
                ByteBuffer bytes = littleEndian(tensor.values().length * Float.BYTES);
                bytes.asFloatBuffer().put(tensor.values());
                out.write(bytes);
            }
        });
    }

    /**
     * Reads a whole file.
     *
     * @throws IOException also when it is not in this format, cut short, or holds other types than F32, F16 and BF16
     */
    public static TensorFile read(Path file) throws IOException {
        return read(file, name -> true);
    }

    /** As above, without the tensors whose names are not {@code wanted}, whatever their type. */
    static TensorFile read(Path file, Predicate<String> wanted) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + ": a folder (expected: a safetensors file)");
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        long headerLength = bytes.remaining() < Long.BYTES ? -1 : bytes.getLong();
        if (headerLength < 2 || headerLength > Math.min(MAX_HEADER, bytes.remaining())) {
            throw new IOException(file + ": header of " + headerLength + " bytes (expected: a safetensors file)");
        }
        JsonNode header = header(file, bytes.array(), (int) headerLength);
        ByteBuffer data =
                bytes.position(Long.BYTES + (int) headerLength).slice().order(ByteOrder.LITTLE_ENDIAN);
        SortedMap<String, String> metadata = new TreeMap<>();
        SortedMap<String, FloatTensor> tensors = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : header.properties()) {
            if (entry.getKey().equals(METADATA)) {
                entry.getValue()
                        .properties()
                        .forEach(pair ->
                                metadata.put(pair.getKey(), pair.getValue().asText()));
            } else if (wanted.test(entry.getKey())) {
                tensors.put(entry.getKey(), tensor(file, entry.getKey(), entry.getValue(), data));
            }
        }
        return new TensorFile(metadata, tensors);
    }

    /** Of the file's bytes: 64 lower-case hex digits, the same for equal contents. */
    public static String sha256(Path file) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static JsonNode header(Path file, byte[] bytes, int length) throws IOException {
        try {
            JsonNode header = JSON.readTree(bytes, Long.BYTES, length);
            if (header.isObject()) {
                return header;
            }
        } catch (JsonProcessingException e) {
            throw new IOException(file + ": header is no JSON (expected: a safetensors file)", e);
        }
        throw new IOException(file + ": header is no JSON object (expected: a safetensors file)");
    }

    private static FloatTensor tensor(Path file, String name, JsonNode entry, ByteBuffer data) throws IOException {
        long from = entry.path("data_offsets").path(0).asLong(-1);
        long to = entry.path("data_offsets").path(1).asLong(-1);
        Optional<FloatType> type = FloatType.of(entry.path("dtype").asText());
        boolean fits = from >= 0 && to >= from && to <= data.capacity();
        if (!fits || type.isEmpty() || (to - from) % type.get().bytes() != 0) {
            throw new IOException("%s: tensor %s is %s (expected: %s within %d bytes of data)"
                    .formatted(file, name, entry, Arrays.toString(FloatType.values()), data.capacity()));
        }
        float[] values = type.get().values(data.slice((int) from, (int) (to - from)));
        long[] shape = new long[entry.path("shape").size()];
        for (int d = 0; d < shape.length; d++) {
            shape[d] = entry.path("shape").get(d).asLong();
        }
        try {
            return new FloatTensor(shape, values);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": tensor " + name + ": " + e.getMessage(), e);
        }
    }

    private byte[] header() throws IOException {
        ObjectNode header = JSON.createObjectNode();
        ObjectNode texts = header.putObject(METADATA);
        metadata.forEach(texts::put);
        long offset = 0;
        for (Map.Entry<String, FloatTensor> tensor : tensors.entrySet()) {
            ObjectNode entry = header.putObject(tensor.getKey());
            entry.put("dtype", "F32");
            ArrayNode shape = entry.putArray("shape");
            for (long dimension : tensor.getValue().shape()) {
                shape.add(dimension);
            }
            long end = offset + (long) tensor.getValue().values().length * Float.BYTES;
            entry.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = JSON.writeValueAsBytes(header);
        // Spaces up to a multiple of 8 align the values, as the format asks.
        byte[] padded = new byte[(json.length + 7) / 8 * 8];
        Arrays.fill(padded, (byte) ' ');
        System.arraycopy(json, 0, padded, 0, json.length);
        return padded;
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
