package dev.millrace.trainer.replay;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Encoding;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.Resizing;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Gets the pixels out of a request, as a worker does. One thread at a time. */
final class RequestPicture {
    private final String model;
    private final ImageShape shape;
    private final ImageDecoder decoder;
    private final WireCodec<ImageRequest> codec;
    private final CRC32C crc = new CRC32C();

    /**
     * Wires it.
     *
     * @param model whose requests they are; one that names none is its, too
     * @param wire what they may be written in; closed by whoever made it
     */
    RequestPicture(String model, ImageShape shape, Resizing resizing, WireTerms wire) {
        this.codec = new WireCodec<>(ImageRequest.class, wire);
        this.model = model;
        this.shape = shape;
        this.decoder = new ImageDecoder(shape.pixels(), resizing, DecodeLimits.DEFAULT);
    }

    /** What is in a record. */
    sealed interface Content {}

    /** The picture: HWC, uint8. */
    static final class Picture implements Content {
        private final byte[] hwc;

        private Picture(byte[] hwc) {
            this.hwc = hwc;
        }

        /** The reader's own. */
        byte[] hwc() {
            return hwc;
        }
    }

    /** The request, with a picture that no worker would have taken. */
    record Undecodable() implements Content {}

    /** Another request, or none. */
    record OtherRecord() implements Content {}

    /** Reads a record where this request should be. */
    Content read(byte @Nullable [] value, String requestId) {
        if (value == null) {
            return new OtherRecord();
        }
        ImageRequest request;
        try {
            request = codec.decode(value);
        } catch (MalformedRecordException e) {
            return new OtherRecord();
        }
        boolean ofModel = request.getModel().isEmpty() || request.getModel().equals(model);
        if (!ofModel || !request.getRequestId().equals(requestId)) {
            return new OtherRecord();
        }
        Encoding encoding = encodingOf(request.getEncoding());
        if (encoding == null || !isWhole(request)) {
            return new Undecodable();
        }
        byte[] hwc = new byte[shape.bytes()];
        try {
            decoder.decode(
                    new EncodedImage(
                            encoding,
                            request.getWidth(),
                            request.getHeight(),
                            request.getChannels(),
                            request.getBytes()),
                    ByteBuffer.wrap(hwc),
                    0);
        } catch (ImageRejectedException e) {
            return new Undecodable();
        }
        return new Picture(hwc);
    }

    private boolean isWhole(ImageRequest request) {
        Long expected = request.getCrc32c();
        if (expected == null) {
            return true;
        }
        crc.reset();
        crc.update(request.getBytes().duplicate());
        return crc.getValue() == expected;
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
