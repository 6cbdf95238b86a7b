package dev.millrace.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.fuzz.Fuzzing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WireFuzzTest {
    /** Far above what a record of a few hundred bytes needs, far below what a hostile length asks for. */
    private static final long MOST_ALLOCATED = 1 << 20;

    static List<SpecificRecord> records() {
        return GoldenRecords.all();
    }

    @ParameterizedTest
    @MethodSource("records")
    void everyDecoderReadsOrRefusesWhateverComes(SpecificRecord golden) {
        WireCodec<SpecificRecord> codec = codec(golden);
        List<byte[]> sound = new ArrayList<>();
        GoldenRecords.all().forEach(other -> sound.add(codec(other).encode(other)));
        // Most of all the record itself: the others are refused at their fingerprint.
        for (int i = 0; i < 20; i++) {
            sound.add(codec.encode(golden));
        }
        new Fuzzing(golden.getSchema().getName(), sound, MOST_ALLOCATED).run(input -> {
            try {
                codec.decode(input);
            } catch (MalformedRecordException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        });
    }

    @Test
    void aRequestOfManyTagsAndPixelsCostsNoMoreThanItsBytesCanHold() {
        WireCodec<ImageRequest> codec = new WireCodec<>(ImageRequest.class);
        ImageRequest large = GoldenRecords.request();
        large.setBytes(ByteBuffer.allocate(3_072));
        large.setTags(Map.of("a", "b".repeat(500), "c", "", "d", "e"));
        ImageRequest bare = GoldenRecords.request();
        bare.setTags(Map.of());
        bare.setVersion(null);
        bare.setCrc32c(null);
        bare.setDeadline(null);
        new Fuzzing("ImageRequest, large and bare", List.of(codec.encode(large), codec.encode(bare)), MOST_ALLOCATED)
                .run(input -> {
                    try {
                        codec.decode(ByteBuffer.wrap(input));
                    } catch (MalformedRecordException e) {
                        assertThat(e.reason()).isNotNull();
                    }
                });
    }

    @SuppressWarnings("unchecked") // The codec is for the value's own class.
    private static WireCodec<SpecificRecord> codec(SpecificRecord value) {
        return new WireCodec<>((Class<SpecificRecord>) value.getClass());
    }
}
