package dev.millrace.worker.http;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/** A {@link Status} as JSON: names as the records have them, times as ISO 8601. */
public final class StatusJson {
    private static final ObjectMapper JSON = JsonMapper.builder()
            // A newer worker may tell more.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .addModule(new SimpleModule()
                    .addSerializer(Instant.class, ToStringSerializer.instance)
                    .addDeserializer(Instant.class, new IsoTime()))
            .build();

    private StatusJson() {}

    static String write(Status status) {
        try {
            return JSON.writeValueAsString(status);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads what a worker wrote.
     *
     * @throws IOException when it is no status
     */
    public static Status read(String json) throws IOException {
        try {
            return JSON.readValue(json, Status.class);
        } catch (JsonProcessingException e) {
            throw new IOException("status: " + e.getOriginalMessage() + " (expected: the /status of a worker)", e);
        }
    }

    private static final class IsoTime extends JsonDeserializer<Instant> {
        @Override
        public Instant deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            try {
                return Instant.parse(parser.getText());
            } catch (DateTimeParseException e) {
                throw context.weirdStringException(parser.getText(), Instant.class, "no ISO 8601 time");
            }
        }
    }
}
