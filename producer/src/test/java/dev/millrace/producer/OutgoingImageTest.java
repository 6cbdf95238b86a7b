package dev.millrace.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutgoingImageTest {
    @Test
    void becomesARequestWithEveryField() {
        Instant createdAt = Instant.parse("2026-01-02T03:04:05.678901Z");
        OutgoingImage image = OutgoingImage.raw("123456789".getBytes(StandardCharsets.US_ASCII), 3, 3, 1)
                .withRequestId("r-1")
                .withKey("camera-7")
                .withModel("shoes")
                .withVersion(4)
                .withDeadline(Duration.ofMillis(500))
                .withTags(Map.of("country", "NZ"));

        ImageRequest request = RequestEncoder.encode(image, createdAt);

        assertThat(request.getRequestId()).isEqualTo("r-1");
        assertThat(request.getModel()).isEqualTo("shoes");
        assertThat(request.getVersion()).isEqualTo(4);
        assertThat(request.getEncoding()).isEqualTo(ImageEncoding.RAW_U8);
        assertThat(request.getWidth()).isEqualTo(3);
        assertThat(request.getHeight()).isEqualTo(3);
        assertThat(request.getChannels()).isEqualTo(1);
        assertThat(request.getBytes()).isEqualTo(ByteBuffer.wrap("123456789".getBytes(StandardCharsets.US_ASCII)));
        // The check value that every CRC catalogue gives for CRC-32C over these nine digits.
        assertThat(request.getCrc32c()).isEqualTo(0xE3069283L);
        assertThat(request.getCreatedAt()).isEqualTo(createdAt);
        assertThat(request.getDeadline()).isEqualTo(createdAt.plusMillis(500));
        assertThat(request.getTags()).containsExactly(Map.entry("country", "NZ"));
        assertThat(image.routingKey()).isEqualTo("camera-7");
    }

    @Test
    void isRoutedByItsRequestIdWithoutAKey() {
        OutgoingImage image = OutgoingImage.png(new byte[] {1});

        assertThat(image.routingKey()).isEqualTo(image.requestId());
        assertThat(OutgoingImage.png(new byte[] {1}).requestId()).isNotEqualTo(image.requestId());
    }

    @Test
    void keepsItsBytesWhenAReaderMovesThePosition() {
        OutgoingImage image = OutgoingImage.png(new byte[] {1, 2, 3});

        image.bytes().get(new byte[3]);

        assertThat(image.bytes().remaining()).isEqualTo(3);
    }

    @Test
    void refusesPixelsThatAreNotWidthTimesHeightTimesChannels() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OutgoingImage.raw(new byte[783], 28, 28, 1))
                .withMessage("bytes: 783 (expected: 28 x 28 x 1 = 784 for RAW_U8)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OutgoingImage.raw(new byte[1], Integer.MAX_VALUE, Integer.MAX_VALUE, 3))
                .withMessageStartingWith("bytes: 1 ");
    }

    @Test
    void refusesWhatNoWorkerCouldAnswer() {
        OutgoingImage image = OutgoingImage.png(new byte[] {1});

        assertThatIllegalArgumentException()
                .isThrownBy(() -> OutgoingImage.jpeg(new byte[0]))
                .withMessage("bytes: 0 (expected: an image)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OutgoingImage.raw(new byte[4], 2, 1, 2))
                .withMessage("channels: 2 (expected: 1 or 3)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> image.withModel("No Such Name"))
                .withMessageStartingWith("model name: No Such Name");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> image.withVersion(0))
                .withMessage("version: 0 (expected: 1 or more)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> image.withDeadline(Duration.ZERO))
                .withMessage("deadline: PT0S (expected: more than 0)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> image.withRequestId(""))
                .withMessageStartingWith("requestId: 0 characters");
    }
}
