package dev.millrace.producer;

import dev.millrace.schemas.ImageRequest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.zip.CRC32C;

/** An outgoing image as the record that goes on the wire. */
final class RequestEncoder {
    private RequestEncoder() {}

    static ImageRequest encode(OutgoingImage image, Instant createdAt) {
        ImageRequest request = new ImageRequest();
        request.setRequestId(image.requestId());
        request.setModel(image.model());
        request.setVersion(image.version());
        request.setEncoding(image.encoding());
        request.setWidth(image.width());
        request.setHeight(image.height());
        request.setChannels(image.channels());
        request.setBytes(image.bytes());
        request.setCrc32c(crc32c(image.bytes()));
        request.setCreatedAt(createdAt);
        request.setDeadline(image.deadline() == null ? null : createdAt.plus(image.deadline()));
        request.setTags(image.tags());
        return request;
    }

    /** CRC-32C (RFC 3720), unsigned. */
    private static long crc32c(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }
}
