package dev.millrace.producer;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.topic.ControlKey;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One image to publish. Made by {@link #raw}, {@link #png} or {@link #jpeg}, then adjusted by the methods that start with "with".
 *
 * <p>The bytes are not copied: leave them unchanged until the image is published.
 *
 * @param requestId unique per request; the answer carries it back; 1 to 200 characters
 * @param key Kafka key; requests of one key are answered in order. Null: the request id
 * @param model model name; empty for the worker's default model
 * @param version pins one model version, from 1. Null: the live one
 * @param encoding how to read the bytes
 * @param width pixels; 0 for PNG and JPEG means as the header says
 * @param height pixels; 0 for PNG and JPEG means as the header says
 * @param channels 1 (grey) or 3 (RGB); 0 for PNG and JPEG means as the header says
 * @param bytes the image in its encoding, from position to limit; RAW_U8 is height x width x channels, RAW_U8_CHW channels x height x width
 * @param deadline time from publishing after which the request is answered EXPIRED, not inferred. Null: none
 * @param tags free labels such as camera; never the true label
 */
public record OutgoingImage(
        String requestId,
        @Nullable String key,
        String model,
        @Nullable Integer version,
        ImageEncoding encoding,
        int width,
        int height,
        int channels,
        ByteBuffer bytes,
        @Nullable Duration deadline,
        Map<String, String> tags) {
    private static final int LONGEST_ID = 200;

    /** Checks every value. */
    public OutgoingImage {
        if (requestId.isBlank() || requestId.length() > LONGEST_ID) {
            throw new IllegalArgumentException(
                    "requestId: " + requestId.length() + " characters (expected: 1 to " + LONGEST_ID + ", not blank)");
        }
        if (!model.isEmpty()) {
            ControlKey.requireModelName(model);
        }
        if (version != null && version < 1) {
            throw new IllegalArgumentException("version: " + version + " (expected: 1 or more)");
        }
        if (deadline != null && (deadline.isNegative() || deadline.isZero())) {
            throw new IllegalArgumentException("deadline: " + deadline + " (expected: more than 0)");
        }
        requireShape(encoding, width, height, channels, bytes.remaining());
        bytes = bytes.slice();
        tags = Map.copyOf(tags);
    }

    private static void requireShape(ImageEncoding encoding, int width, int height, int channels, int size) {
        if (encoding == ImageEncoding.UNSPECIFIED) {
            throw new IllegalArgumentException("encoding: UNSPECIFIED (expected: RAW_U8, RAW_U8_CHW, PNG or JPEG)");
        }
        if (size == 0) {
            throw new IllegalArgumentException("bytes: 0 (expected: an image)");
        }
        boolean raw = encoding == ImageEncoding.RAW_U8 || encoding == ImageEncoding.RAW_U8_CHW;
        int least = raw ? 1 : 0;
        if (width < least || height < least) {
            throw new IllegalArgumentException(
                    "size: " + width + " x " + height + " (expected: " + least + " or more each)");
        }
        if (channels != 1 && channels != 3 && (raw || channels != 0)) {
            throw new IllegalArgumentException("channels: " + channels + " (expected: 1 or 3)");
        }
        // In steps of long: width * height * channels of three ints may pass even 63 bits.
        long area = (long) width * height;
        if (raw && (area > size || area * channels != size)) {
            throw new IllegalArgumentException("bytes: " + size + " (expected: " + height + " x " + width + " x "
                    + channels + " = " + area * channels + " for " + encoding + ")");
        }
    }

    /**
     * Raw pixels.
     *
     * @param pixels height x width x channels, row by row, channels interleaved, 0 to 255
     * @param width pixels per row
     * @param height rows
     * @param channels 1 (grey) or 3 (RGB)
     */
    public static OutgoingImage raw(byte[] pixels, int width, int height, int channels) {
        return of(ImageEncoding.RAW_U8, width, height, channels, pixels);
    }

    /** Raw pixels, 0 to 255, as tensors often have them: channels x height x width, one plane after the other. */
    public static OutgoingImage planes(byte[] pixels, int width, int height, int channels) {
        return of(ImageEncoding.RAW_U8_CHW, width, height, channels, pixels);
    }

    /** A whole PNG file; its header says the size. */
    public static OutgoingImage png(byte[] file) {
        return of(ImageEncoding.PNG, 0, 0, 0, file);
    }

    /** A whole JPEG file; its header says the size. */
    public static OutgoingImage jpeg(byte[] file) {
        return of(ImageEncoding.JPEG, 0, 0, 0, file);
    }

    private static OutgoingImage of(ImageEncoding encoding, int width, int height, int channels, byte[] bytes) {
        return new OutgoingImage(
                UUID.randomUUID().toString(),
                null,
                "",
                null,
                encoding,
                width,
                height,
                channels,
                ByteBuffer.wrap(bytes),
                null,
                Map.of());
    }

    /** The image in its encoding; moving the returned buffer's position leaves this record as it is. */
    @Override
    public ByteBuffer bytes() {
        return bytes.duplicate();
    }

    /**
     * A copy of the raw pixels: height x width x channels, row by row.
     *
     * @throws IllegalArgumentException when the image is encoded
     */
    public byte[] pixels() {
        if (encoding != ImageEncoding.RAW_U8) {
            throw new IllegalArgumentException(
                    "pixels: in a " + encoding + " (expected: a raw image, such as those of a data set)");
        }
        byte[] pixels = new byte[bytes.remaining()];
        bytes().get(pixels);
        return pixels;
    }

    /** The same request with other raw pixels of as many channels. */
    public OutgoingImage withPixels(byte[] pixels, int newWidth, int newHeight) {
        return new OutgoingImage(
                requestId,
                key,
                model,
                version,
                ImageEncoding.RAW_U8,
                newWidth,
                newHeight,
                channels,
                ByteBuffer.wrap(pixels),
                deadline,
                tags);
    }

    /** The Kafka key: the one given, or the request id. */
    public String routingKey() {
        return key == null ? requestId : key;
    }

    /** The same with another request id. */
    public OutgoingImage withRequestId(String id) {
        return new OutgoingImage(id, key, model, version, encoding, width, height, channels, bytes, deadline, tags);
    }

    /** The same with another Kafka key. */
    public OutgoingImage withKey(@Nullable String routing) {
        return new OutgoingImage(
                requestId, routing, model, version, encoding, width, height, channels, bytes, deadline, tags);
    }

    /** The same for another model; empty for the default. */
    public OutgoingImage withModel(String name) {
        return new OutgoingImage(
                requestId, key, name, version, encoding, width, height, channels, bytes, deadline, tags);
    }

    /** The same pinned to one model version; null for the live one. */
    public OutgoingImage withVersion(@Nullable Integer pinned) {
        return new OutgoingImage(
                requestId, key, model, pinned, encoding, width, height, channels, bytes, deadline, tags);
    }

    /** The same with another deadline, counted from publishing. */
    public OutgoingImage withDeadline(@Nullable Duration fromPublishing) {
        return new OutgoingImage(
                requestId, key, model, version, encoding, width, height, channels, bytes, fromPublishing, tags);
    }

    /** The same with these tags and no others. */
    public OutgoingImage withTags(Map<String, String> labels) {
        return new OutgoingImage(
                requestId, key, model, version, encoding, width, height, channels, bytes, deadline, labels);
    }
}
