package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.worker.decode.PngBytes;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whatever comes in, the record after it is answered; and what came in is answered or kept, with its reason. */
@ExtendWith(KafkaBroker.class)
class BadInputIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void answersOrKeepsEveryBadRecordAndServesTheNextOne(KafkaBroker broker, @TempDir Path dir) throws Exception {
        try (Stage stage = new Stage(broker, dir)) {
            stage.publish(1, Stage.onnx(0));
            stage.worker();
            Map<String, byte[]> undecodable = undecodable(stage);
            Map<String, ImageRequest> refusable = refusable();

            // One key, so that everything shares a partition and each good request stands behind a bad one.
            int good = 0;
            for (byte[] bytes : undecodable.values()) {
                stage.sendRaw("one", bytes);
                stage.sendRaw("one", stage.encode(Stage.request("good-" + good++, 0, 1)));
            }
            for (ImageRequest request : refusable.values()) {
                stage.sendRaw("one", stage.encode(request));
                stage.sendRaw("one", stage.encode(Stage.request("good-" + good++, 0, 1)));
            }
            int answers = good + refusable.size();
            await().atMost(PATIENCE).until(() -> stage.results().size() >= answers);

            Map<String, InferenceResult> results = stage.results().stream()
                    .collect(Collectors.toMap(InferenceResult::getRequestId, Function.identity()));
            assertThat(results).hasSize(answers);
            results.forEach((id, result) -> {
                if (id.startsWith("good-")) {
                    assertThat(result.getStatus()).as(id).isEqualTo(ResultStatus.OK);
                } else if (id.equals("DEADLINE_PASSED")) {
                    assertThat(result.getStatus()).isEqualTo(ResultStatus.EXPIRED);
                    assertThat(result.getTimings().getInferMicros()).isZero();
                } else {
                    assertThat(result.getStatus()).as(id).isEqualTo(ResultStatus.REJECTED);
                    // Ids read "<error class>/<case>" where one class has several cases.
                    assertThat(result.getErrorClass()).as(id).isEqualTo(id.split("/", 2)[0]);
                    assertThat(result.getErrorMessage()).as(id).contains("(expected: ");
                }
            });
            assertKept(stage, undecodable, refusable);
        }
    }

    private static void assertKept(Stage stage, Map<String, byte[]> undecodable, Map<String, ImageRequest> refusable) {
        Map<String, ConsumerRecord<String, byte[]>> letters = stage.read(stage.topics.deadLetters()).stream()
                .collect(Collectors.toMap(BadInputIT::hex, Function.identity()));
        undecodable.forEach((name, bytes) -> assertThat(letters.get(hex(bytes)))
                .as(name)
                .isNotNull()
                .satisfies(letter -> {
                    assertThat(header(letter, "x-error-class")).isEqualTo(name.split("/", 2)[0]);
                    assertThat(header(letter, "__dlq.errors.topic")).isEqualTo(stage.topics.requests());
                    assertThat(header(letter, "__dlq.errors.offset")).matches("\\d+");
                    assertThat(header(letter, "__dlq.errors.message")).isNotBlank();
                    assertThat(letter.key()).isEqualTo("one");
                }));
        refusable.forEach((id, request) -> {
            ConsumerRecord<String, byte[]> letter = letters.get(hex(stage.encode(request)));
            if (id.equals("DEADLINE_PASSED")) {
                assertThat(letter)
                        .as("an expired request is answered, not kept")
                        .isNull();
            } else {
                assertThat(letter).as(id).isNotNull();
            }
        });
        assertThat(letters).hasSize(undecodable.size() + refusable.size() - 1);
    }

    private static Map<String, byte[]> undecodable(Stage stage) {
        byte[] whole = stage.encode(Stage.request("whole", 0, 1));
        byte[] unknown = whole.clone();
        unknown[5] ^= 1;
        Map<String, byte[]> cases = new LinkedHashMap<>();
        cases.put("NOT_AVRO/text", "this is no record".getBytes(StandardCharsets.UTF_8));
        cases.put("NOT_AVRO/one byte", new byte[] {(byte) 0xC3});
        cases.put("UNKNOWN_SCHEMA", unknown);
        cases.put("TRUNCATED", Arrays.copyOf(whole, whole.length - 5));
        cases.put("CORRUPT", Arrays.copyOf(whole, whole.length + 1));
        cases.put("CORRUPT/length -5", afterHeader(whole, 0x09, 1, 2, 3));
        cases.put("CORRUPT/length 2 GB", afterHeader(whole, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 1, 2, 3));
        cases.put("TRUNCATED/2,000,000,000 tags", hugeMap(whole));
        cases.put("NOT_AVRO/64 random bytes", noise(16, 64));
        return cases;
    }

    private static Map<String, ImageRequest> refusable() throws IOException {
        byte[] pixels = Stage.image(0, 1);
        Map<String, ImageRequest> cases = new LinkedHashMap<>();
        put(cases, "CRC_MISMATCH", request -> request.setCrc32c(1L));
        put(cases, "UNKNOWN_ENCODING", request -> request.setEncoding(ImageEncoding.UNSPECIFIED));
        put(cases, "SIZE_MISMATCH", request -> request.setWidth(5));
        put(cases, "SIZE_MISMATCH/negative", request -> request.setHeight(-4));
        put(cases, "SIZE_MISMATCH/overflow", request -> {
            request.setWidth(65_536);
            request.setHeight(65_536);
        });
        put(cases, "WRONG_SIZE", request -> {
            request.setWidth(2);
            request.setHeight(8);
        });
        put(cases, "TOO_LARGE/png bomb", request -> encoded(request, ImageEncoding.PNG, png(20_000, 20_000)));
        put(cases, "WRONG_SIZE/png of one column", request -> encoded(request, ImageEncoding.PNG, png(1, 65_535)));
        put(
                cases,
                "UNSUPPORTED_IMAGE/animated png",
                request -> encoded(
                        request,
                        ImageEncoding.PNG,
                        PngBytes.withHeader(4, 4, 8, 0)
                                .chunk("acTL", new byte[8])
                                .rows(new byte[16], 4)));
        put(cases, "SIZE_MISMATCH/no bytes", request -> request.setBytes(ByteBuffer.allocate(0)));
        put(cases, "UNKNOWN_ENCODING/png of no bytes", request -> encoded(request, ImageEncoding.PNG, new byte[0]));
        byte[] jpeg = written("jpg", BufferedImage.TYPE_3BYTE_BGR);
        put(cases, "UNKNOWN_ENCODING/jpeg as png", request -> encoded(request, ImageEncoding.PNG, jpeg));
        put(cases, "UNSUPPORTED_IMAGE/cmyk jpeg", request -> encoded(request, ImageEncoding.JPEG, cmyk(jpeg)));
        byte[] gif = written("gif", BufferedImage.TYPE_BYTE_GRAY);
        put(cases, "UNKNOWN_ENCODING/gif as jpeg", request -> encoded(request, ImageEncoding.JPEG, gif));
        put(
                cases,
                "CORRUPT_IMAGE/jpeg cut",
                request -> encoded(request, ImageEncoding.JPEG, Arrays.copyOf(jpeg, jpeg.length * 3 / 4)));
        byte[] png = written("png", BufferedImage.TYPE_BYTE_GRAY);
        put(
                cases,
                "CORRUPT_IMAGE/png cut",
                request -> encoded(request, ImageEncoding.PNG, Arrays.copyOf(png, png.length - 20)));
        byte[] flipped = png.clone();
        flipped[png.length - 20] ^= 1;
        put(cases, "CORRUPT_IMAGE/png flipped", request -> encoded(request, ImageEncoding.PNG, flipped));
        put(cases, "UNKNOWN_ENCODING/no png", request -> encoded(request, ImageEncoding.PNG, pixels));
        put(cases, "UNKNOWN_MODEL", request -> request.setModel("nobody"));
        put(cases, "UNKNOWN_MODEL/version", request -> request.setVersion(7));
        put(
                cases,
                "DEADLINE_PASSED",
                request -> request.setDeadline(Instant.now().minusSeconds(1)));
        return cases;
    }

    private interface Spoiler {
        void spoil(ImageRequest request);
    }

    private static void put(Map<String, ImageRequest> cases, String name, Spoiler spoiler) {
        ImageRequest request = Stage.request(name, 0, 1);
        spoiler.spoil(request);
        cases.put(name, request);
    }

    private static void encoded(ImageRequest request, ImageEncoding encoding, byte[] bytes) {
        request.setEncoding(encoding);
        request.setWidth(0);
        request.setHeight(0);
        request.setChannels(0);
        request.setBytes(ByteBuffer.wrap(bytes));
    }

    private static byte[] written(String format, int type) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(4, 4, type), format, out);
        return out.toByteArray();
    }

    /** A PNG whose header announces a size that no data backs. */
    private static byte[] png(int width, int height) {
        return PngBytes.withHeader(width, height, 8, 0).end();
    }

    /** The frame header's component count changed to four, as a CMYK file's says. */
    private static byte[] cmyk(byte[] jpeg) {
        byte[] changed = jpeg.clone();
        for (int i = 0; ; i++) {
            if ((jpeg[i] & 0xFF) == 0xFF && (jpeg[i + 1] & 0xFF) == 0xC0) {
                changed[i + 9] = 4;
                return changed;
            }
        }
    }

    /** The header of a request, then {@code rest}: the request id's length first. */
    private static byte[] afterHeader(byte[] whole, int... rest) {
        byte[] bytes = Arrays.copyOf(whole, 10 + rest.length);
        for (int i = 0; i < rest.length; i++) {
            bytes[10 + i] = (byte) rest[i];
        }
        return bytes;
    }

    /** The request with the count of its tags, which come last and are none, turned into 2,000,000,000. */
    private static byte[] hugeMap(byte[] whole) {
        byte[] count = {(byte) 0x80, (byte) 0xD0, (byte) 0xAC, (byte) 0xF3, 0x0E};
        byte[] bytes = Arrays.copyOf(whole, whole.length - 1 + count.length);
        System.arraycopy(count, 0, bytes, whole.length - 1, count.length);
        return bytes;
    }

    private static byte[] noise(long seed, int length) {
        byte[] noise = new byte[length];
        new Random(seed).nextBytes(noise);
        return noise;
    }

    private static String header(ConsumerRecord<?, ?> letter, String name) {
        return new String(letter.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static String hex(ConsumerRecord<String, byte[]> letter) {
        return hex(letter.value());
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
