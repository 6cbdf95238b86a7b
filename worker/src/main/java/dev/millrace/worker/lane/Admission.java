package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.SchemaUnresolvedException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Encoding;
import dev.millrace.worker.decode.RejectionReason;
import dev.millrace.worker.delivery.Delivery.Trust;
import dev.millrace.worker.publish.DeadLetter;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.zip.CRC32C;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Judges a record by itself, before any model is asked: is it a request, is it whole, is it still wanted. Lane thread
 * only: the codec and the checksum are reused.
 */
final class Admission {
    /** A longer id could make a result that no broker takes. */
    private static final int ID_LIMIT = 1000;

    private static final String KILLER = "KILLER";

    private final OverloadPolicy overload;
    private final WireCodec<ImageRequest> codec;
    private final CRC32C crc = new CRC32C();

    Admission(OverloadPolicy overload, WireTerms wire) {
        this.overload = overload;
        this.codec = new WireCodec<>(ImageRequest.class, wire);
    }

    /** What became of a record. */
    sealed interface Verdict {}

    /** Not a request at all: there is no request id to answer. */
    record Undecodable(DeadLetter letter) implements Verdict {}

    /** Not known yet: the registry has not said which schema {@code id} is. */
    record Unresolved(SchemaUnresolvedException cause) implements Verdict {}

    /** A request that gets its answer without a model. */
    record Declined(ImageRequest request, ResultStatus status, String errorClass, String message) implements Verdict {}

    /** A request for a model. */
    record Admitted(ImageRequest request, EncodedImage image) implements Verdict {}

    /**
     * Judges {@code source}.
     *
     * @param trust what may be done with it
     * @param behind requests behind it in its partition
     */
    Verdict judge(ConsumerRecord<byte[], ByteBuffer> source, Trust trust, long behind, Instant now) {
        if (trust == Trust.NONE) {
            return new Undecodable(new DeadLetter(KILLER, "decode", killed(source)));
        }
        if (source.value() == null) {
            return new Undecodable(new DeadLetter("EMPTY", "decode", "value: null (expected: an ImageRequest)"));
        }
        try {
            ImageRequest request = codec.decode(source.value());
            if (trust == Trust.ENVELOPE) {
                return new Declined(request, ResultStatus.FAILED, KILLER, killed(source));
            }
            Verdict verdict = judge(request, now);
            return verdict instanceof Admitted && overload.shed(behind) ? shed(request, behind) : verdict;
        } catch (MalformedRecordException e) {
            return new Undecodable(new DeadLetter(e.reason().name(), "decode", String.valueOf(e.getMessage())));
        } catch (SchemaUnresolvedException e) {
            return new Unresolved(e);
        }
    }

    private static String killed(ConsumerRecord<?, ?> source) {
        int ends = source.deliveryCount().orElse((short) 1) - 1;
        return "times that this record was tried and nothing came of it: " + ends + " (expected: an answer)";
    }

    private Declined shed(ImageRequest request, long behind) {
        return new Declined(
                request,
                ResultStatus.EXPIRED,
                "SHED",
                "requests behind it: " + behind + " (expected: at most " + overload.backlog() + ")");
    }

    private Verdict judge(ImageRequest request, Instant now) {
        int idLength = request.getRequestId().length();
        if (idLength > ID_LIMIT) {
            return new Undecodable(new DeadLetter(
                    "REQUEST_ID_TOO_LONG",
                    "decode",
                    "requestId: " + idLength + " characters (expected: " + ID_LIMIT + ")"));
        }
        Instant deadline = request.getDeadline();
        if (deadline != null && now.isAfter(deadline)) {
            return new Declined(
                    request,
                    ResultStatus.EXPIRED,
                    "DEADLINE_PASSED",
                    "deadline: " + deadline + " (expected: after " + now + ")");
        }
        Long expectedCrc = request.getCrc32c();
        if (expectedCrc != null) {
            crc.reset();
            crc.update(request.getBytes().duplicate());
            if (crc.getValue() != expectedCrc) {
                return rejected(
                        request,
                        "CRC_MISMATCH",
                        "crc32c of bytes: " + crc.getValue() + " (expected: " + expectedCrc + ")");
            }
        }
        Encoding encoding = encodingOf(request.getEncoding());
        if (encoding == null) {
            return rejected(
                    request,
                    RejectionReason.UNKNOWN_ENCODING.name(),
                    "encoding: " + request.getEncoding() + " (expected: RAW_U8, RAW_U8_CHW, PNG or JPEG)");
        }
        return new Admitted(
                request,
                new EncodedImage(
                        encoding, request.getWidth(), request.getHeight(), request.getChannels(), request.getBytes()));
    }

    private static Declined rejected(ImageRequest request, String errorClass, String message) {
        return new Declined(request, ResultStatus.REJECTED, errorClass, message);
    }

    private static @Nullable Encoding encodingOf(ImageEncoding wire) {
        return switch (wire) {
            case RAW_U8 -> Encoding.RAW_U8;
            case RAW_U8_CHW -> Encoding.RAW_U8_CHW;
            case PNG -> Encoding.PNG;
            case JPEG -> Encoding.JPEG;
            case UNSPECIFIED -> null;
        };
    }
}
