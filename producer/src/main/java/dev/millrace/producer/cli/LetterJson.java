package dev.millrace.producer.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.producer.deadletter.DeadLetter;
import dev.millrace.producer.deadletter.OriginalRequests;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.SchemaUnresolvedException;
import dev.millrace.schemas.wire.WireHeaders;
import dev.millrace.schemas.wire.WireTerms;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** A letter as one JSON object on one line. Bytes that are no UTF-8 are under a name that ends in {@code _base64}. */
final class LetterJson {
    private final JsonMapper mapper = new JsonMapper();

    /** What list says of it. */
    String summary(DeadLetter letter) {
        return object(letter).toString();
    }

    /** That, its headers, and the request in it. */
    String whole(DeadLetter letter, OriginalRequests.Lookup original, WireTerms wire) {
        ObjectNode json = object(letter);
        ArrayNode headers = json.putArray("headers");
        for (Header header : letter.headers()) {
            put(headers.addObject().put("name", header.key()), "value", header.value());
        }
        if (original instanceof OriginalRequests.Found found) {
            json.put("payload_from", letter.payload() == null ? "source" : "letter");
            request(json, wire, found.payload());
        } else {
            json.putNull("request");
            json.put("request_error", ((OriginalRequests.Gone) original).why());
        }
        return json.toString();
    }

    private ObjectNode object(DeadLetter letter) {
        DeadLetter.Source source = letter.source();
        ObjectNode json = mapper.createObjectNode();
        json.put("letter", letter.position().toString());
        json.put("partition", letter.position().partition());
        json.put("offset", letter.position().offset());
        json.put("time", letter.time().toString());
        put(json, "key", letter.key());
        json.put("reason", letter.reason());
        json.put("stage", letter.text(WireHeaders.ERROR_STAGE));
        json.put("message", letter.text(WireHeaders.DLQ_PREFIX + "message"));
        json.put("worker", letter.text(WireHeaders.ERROR_WORKER));
        json.put("source_topic", source == null ? null : source.topic());
        json.put("source_partition", source == null ? null : source.position().partition());
        json.put("source_offset", source == null ? null : source.position().offset());
        json.put("payload_bytes", letter.payloadBytes() < 0 ? null : letter.payloadBytes());
        json.put("payload_omitted", letter.payload() == null);
        json.put("replays", letter.replays());
        return json;
    }

    private static void request(ObjectNode json, WireTerms wire, byte[] payload) {
        ImageRequest request;
        try {
            request = DeadLetter.decode(payload, wire);
        } catch (MalformedRecordException | SchemaUnresolvedException e) {
            json.putNull("request");
            json.put("request_error", e.getMessage());
            return;
        }
        ObjectNode fields = json.putObject("request");
        fields.put("request_id", request.getRequestId());
        fields.put("model", request.getModel());
        fields.put("version", request.getVersion());
        fields.put("encoding", request.getEncoding().toString());
        fields.put("width", request.getWidth());
        fields.put("height", request.getHeight());
        fields.put("channels", request.getChannels());
        fields.put("image_bytes", request.getBytes().remaining());
        fields.put("crc32c", request.getCrc32c());
        fields.put("created_at", request.getCreatedAt().toString());
        fields.put(
                "deadline",
                request.getDeadline() == null ? null : request.getDeadline().toString());
        ObjectNode tags = fields.putObject("tags");
        request.getTags().forEach(tags::put);
    }

    private static void put(ObjectNode json, String name, byte @Nullable [] bytes) {
        if (bytes == null) {
            json.putNull(name);
            return;
        }
        try {
            json.put(
                    name,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString());
        } catch (CharacterCodingException e) {
            json.put(name + "_base64", bytes);
        }
    }
}
