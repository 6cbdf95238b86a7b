package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.delivery.Delivery.Trust;
import dev.millrace.worker.lane.Admission.Admitted;
import dev.millrace.worker.lane.Admission.Declined;
import dev.millrace.worker.lane.Admission.Undecodable;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");

    private final Admission admission = new Admission(new OverloadPolicy(true, 100), WireTerms.singleObject());
    private final WireCodec<ImageRequest> codec = new WireCodec<>(ImageRequest.class);
    private final byte[] pixels = {1, 2, 3, 4};

    @Test
    void admitsAWholeRequest() {
        assertThat(judge(request(ImageEncoding.RAW_U8, crc(pixels), NOW.plusMillis(1))))
                .isInstanceOfSatisfying(Admitted.class, admitted -> {
                    assertThat(admitted.request().getRequestId()).isEqualTo("r1");
                    assertThat(admitted.image().bytes()).isEqualTo(ByteBuffer.wrap(pixels));
                });
    }

    @Test
    void doesNotAskForAChecksumThatWasNotSent() {
        assertThat(judge(request(ImageEncoding.RAW_U8, null, null))).isInstanceOf(Admitted.class);
    }

    @Test
    void rejectsBytesThatDoNotMatchTheirChecksum() {
        assertThat(judge(request(ImageEncoding.RAW_U8, crc(pixels) ^ 1, null)))
                .isInstanceOfSatisfying(Declined.class, declined -> {
                    assertThat(declined.status()).isEqualTo(ResultStatus.REJECTED);
                    assertThat(declined.errorClass()).isEqualTo("CRC_MISMATCH");
                });
    }

    @Test
    void rejectsAnUnknownEncoding() {
        assertThat(judge(request(ImageEncoding.UNSPECIFIED, null, null)))
                .isInstanceOfSatisfying(Declined.class, declined -> assertThat(declined.errorClass())
                        .isEqualTo("UNKNOWN_ENCODING"));
    }

    @Test
    void expiresWhatIsPastItsDeadlineBeforeLookingAtItsBytes() {
        assertThat(judge(request(ImageEncoding.RAW_U8, 0L, NOW.minusMillis(1))))
                .isInstanceOfSatisfying(Declined.class, declined -> assertThat(declined.status())
                        .isEqualTo(ResultStatus.EXPIRED));
    }

    @Test
    void keepsWhatIsNoRequestAtAll() {
        assertThat(judge((byte[]) null, Trust.WHOLE, 0)).isInstanceOfSatisfying(Undecodable.class, kept -> assertThat(
                        kept.letter().errorClass())
                .isEqualTo("EMPTY"));
        assertThat(judge(new byte[] {9, 9, 9}, Trust.WHOLE, 0))
                .isInstanceOfSatisfying(
                        Undecodable.class,
                        kept -> assertThat(kept.letter().errorClass()).isEqualTo("NOT_AVRO"));
    }

    @Test
    void shedsARequestWithTooManyBehindItButTellsExpiredOnesApart() {
        byte[] good = codec.encode(request(ImageEncoding.RAW_U8, null, null));
        assertThat(judge(good, Trust.WHOLE, 100)).isInstanceOf(Admitted.class);
        assertThat(judge(good, Trust.WHOLE, 101)).isInstanceOfSatisfying(Declined.class, declined -> {
            assertThat(declined.status()).isEqualTo(ResultStatus.EXPIRED);
            assertThat(declined.errorClass()).isEqualTo("SHED");
        });
        byte[] late = codec.encode(request(ImageEncoding.RAW_U8, null, NOW.minusMillis(1)));
        assertThat(judge(late, Trust.WHOLE, 101))
                .isInstanceOfSatisfying(Declined.class, declined -> assertThat(declined.errorClass())
                        .isEqualTo("DEADLINE_PASSED"));
    }

    @Test
    void answersForAKillerWithoutLookingAtItsImageAndInTheEndNotEvenAtItsEnvelope() {
        byte[] killer = codec.encode(request(ImageEncoding.RAW_U8, 0L, null));
        assertThat(judge(killer, Trust.ENVELOPE, 0)).isInstanceOfSatisfying(Declined.class, declined -> {
            assertThat(declined.status()).isEqualTo(ResultStatus.FAILED);
            assertThat(declined.errorClass()).isEqualTo("KILLER");
        });
        assertThat(judge(killer, Trust.NONE, 0)).isInstanceOfSatisfying(Undecodable.class, kept -> assertThat(
                        kept.letter().errorClass())
                .isEqualTo("KILLER"));
    }

    private Admission.Verdict judge(ImageRequest request) {
        return judge(codec.encode(request), Trust.WHOLE, 0);
    }

    private Admission.Verdict judge(byte @Nullable [] value, Trust trust, long behind) {
        return admission.judge(
                new ConsumerRecord<>("requests", 0, 7L, new byte[0], value == null ? null : ByteBuffer.wrap(value)),
                trust,
                behind,
                NOW);
    }

    private ImageRequest request(ImageEncoding encoding, @Nullable Long crc, @Nullable Instant deadline) {
        return new ImageRequest(
                "r1", "", null, encoding, 2, 2, 1, ByteBuffer.wrap(pixels), crc, NOW, deadline, Map.of());
    }

    private static long crc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }
}
