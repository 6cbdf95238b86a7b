package dev.millrace.schemas.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaValidationException;
import org.apache.avro.SchemaValidatorBuilder;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is on a topic today must be readable for ever. A schema change adds {@code history/<Record>-<n>.avsc} and
 * {@code golden/<Record>-<n>.hex}; what is there never changes.
 */
class GoldenBytesTest {
    static Stream<SpecificRecord> records() {
        return GoldenRecords.all().stream();
    }

    @ParameterizedTest
    @MethodSource("records")
    void encodesToTheGoldenBytesOfTheNewestVersion(SpecificRecord value) throws IOException {
        String hex = HexFormat.of().formatHex(codec(value).encode(value));

        String golden = golden(value.getSchema(), history(value).size());
        if (golden == null) {
            fail(
                    "golden/%s-%d.hex is missing; it would be%n%s",
                    name(value), history(value).size(), hex);
        }
        assertThat(hex).isEqualTo(golden);
    }

    @ParameterizedTest
    @MethodSource("records")
    void readsTheGoldenBytesOfEveryVersion(SpecificRecord value) throws Exception {
        for (int version = 1; version <= history(value).size(); version++) {
            String golden = golden(value.getSchema(), version);
            assertThat(golden).as("golden/%s-%d.hex", name(value), version).isNotNull();

            SpecificRecord read = codec(value).decode(HexFormat.of().parseHex(golden));

            if (version == history(value).size()) {
                assertThat(read).isEqualTo(value);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("records")
    void keepsTheCurrentSchemaAsTheNewestOfItsHistory(SpecificRecord value) throws IOException {
        String newest = "history/" + name(value) + "-" + history(value).size() + ".avsc";
        Path current = Path.of("src/main/avro", name(value) + ".avsc");

        try (InputStream in = SchemaHistory.class.getResourceAsStream(newest)) {
            assertThat(in).as(newest).isNotNull();
            assertThat(in).hasSameContentAs(Files.newInputStream(current));
        }
    }

    @ParameterizedTest
    @MethodSource("records")
    void staysCompatibleBothWaysWithEveryVersion(SpecificRecord value) throws SchemaValidationException {
        new SchemaValidatorBuilder().mutualReadStrategy().validateAll().validate(value.getSchema(), history(value));
    }

    @Test
    void documentsEveryRecord() {
        for (SpecificRecord value : GoldenRecords.all()) {
            assertThat(value.getSchema().getDoc()).as(name(value)).isNotBlank();
        }
    }

    private static List<Schema> history(SpecificRecord value) {
        return SchemaHistory.of(value.getSchema());
    }

    private static String name(SpecificRecord value) {
        return value.getSchema().getName();
    }

    private static @Nullable String golden(Schema schema, int version) throws IOException {
        String file = "/golden/" + schema.getName() + "-" + version + ".hex";
        try (InputStream in = GoldenBytesTest.class.getResourceAsStream(file)) {
            return in == null ? null : new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }

    @SuppressWarnings("unchecked") // The codec is for the value's own class.
    private static WireCodec<SpecificRecord> codec(SpecificRecord value) {
        return new WireCodec<>((Class<SpecificRecord>) value.getClass());
    }
}
