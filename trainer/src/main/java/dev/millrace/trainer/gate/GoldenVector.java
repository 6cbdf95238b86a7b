package dev.millrace.trainer.gate;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Base64;
import java.util.List;

/** One image, HWC, and its logits by class index. */
public record GoldenVector(Pixels pixels, List<Float> logits) {
    public GoldenVector {
        logits = List.copyOf(logits);
    }

    @JsonCreator
    static GoldenVector of(@JsonProperty("pixels") String pixels, @JsonProperty("logits") List<Float> logits) {
        return new GoldenVector(new Pixels(Base64.getDecoder().decode(pixels)), logits);
    }

    /** Bytes that never change; Base64 in JSON. */
    public static final class Pixels {
        private final byte[] bytes;

        public Pixels(byte[] bytes) {
            this.bytes = bytes.clone();
        }

        public int size() {
            return bytes.length;
        }

        public byte[] bytes() {
            return bytes.clone();
        }

        @JsonValue
        String base64() {
            return Base64.getEncoder().encodeToString(bytes);
        }
    }
}
