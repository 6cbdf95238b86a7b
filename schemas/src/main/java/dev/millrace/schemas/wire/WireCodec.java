package dev.millrace.schemas.wire;

import dev.millrace.schemas.confluent.RegisteredSchema;
import dev.millrace.schemas.confluent.RegistryUnavailableException;
import dev.millrace.schemas.confluent.SchemaRegistry;
import dev.millrace.schemas.wire.MalformedRecordException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Encodes and decodes one record type in Avro single-object encoding (Avro 1.12 specification, "Single-object
 * encoding"): {@code C3 01}, the CRC-64-AVRO fingerprint of the writer's schema as 8 little-endian bytes, the record.
 *
 * <p>With a registry it reads Confluent's framing as well: {@code 00}, the schema's id as 4 big-endian bytes, the record. The
 * registry's text only says, by its fingerprint, which of the versions in this jar the id is: that one is read with, and
 * nothing else.
 *
 * <p>Reads every released version of the record's schema. Not thread-safe: its buffers belong to one owner thread.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format">
 *     Confluent's wire format</a>
 *
 * @param <T> the generated record
 */
public final class WireCodec<T extends SpecificRecord> {
    private static final int MARKER = 0xC301;
    private static final int HEADER_BYTES = 10;
    private static final byte CONFLUENT_MARKER = 0;
    private static final int CONFLUENT_HEADER_BYTES = 5;

    /** Far more than a topic ever has versions, registered again and again. */
    private static final int IDS_LIMIT = 1_000;

    static {
        TrustedRecords.install();
    }

    private final Schema schema;
    private final WireTerms terms;
    private final byte[] header;
    private final SpecificDatumWriter<T> writer;
    private final Map<Long, SpecificDatumReader<T>> readers = new HashMap<>();
    private final Map<Integer, SpecificDatumReader<T>> readersById = new HashMap<>();
    private final Map<String, byte[]> headersByTopic = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(4096);
    private @Nullable BinaryEncoder encoder;
    private @Nullable BinaryDecoder decoder;

    /** Makes a codec for {@code type}, a record generated from this module's schemas, in single-object encoding. */
    public WireCodec(Class<T> type) {
        this(type, WireTerms.singleObject());
    }

    /**
     * Makes a codec for {@code type}, a record generated from this module's schemas.
     *
     * @param terms shared, and closed by whoever made them
     */
    public WireCodec(Class<T> type, WireTerms terms) {
        this.terms = terms;
        SpecificData data = SpecificData.getForClass(type);
        schema = data.getSchema(type);
        header = ByteBuffer.allocate(HEADER_BYTES)
                .putShort((short) MARKER)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(SchemaNormalization.parsingFingerprint64(schema))
                .array();
        writer = new NullableWriter<>(schema, data);
        accept(schema, data);
        SchemaHistory.of(schema).forEach(version -> accept(version, data));
    }

    /**
     * Knows the branch of an optional field at once. Avro's own writer looks it up by the name of the value's schema, which
     * takes half of the time of a small record.
     */
    private static final class NullableWriter<T> extends SpecificDatumWriter<T> {
        NullableWriter(Schema schema, SpecificData data) {
            super(schema, data);
        }

        @Override
        protected int resolveUnion(Schema union, Object datum) {
            List<Schema> branches = union.getTypes();
            boolean optional = branches.size() == 2 && branches.get(0).getType() == Schema.Type.NULL;
            return optional ? (datum == null ? 0 : 1) : super.resolveUnion(union, datum);
        }
    }

    private void accept(Schema version, SpecificData data) {
        readers.putIfAbsent(
                SchemaNormalization.parsingFingerprint64(version), new SpecificDatumReader<>(version, schema, data));
    }

    /** The record as bytes of its own, in single-object encoding. */
    public byte[] encode(T value) {
        return encode(value, header);
    }

    /**
     * The record as bytes of its own, framed for {@code topic} as the terms say.
     *
     * @throws RegistryUnavailableException when the registry has to give an id first, and does not
     */
    public byte[] encode(T value, String topic) {
        return encode(value, headerFor(topic));
    }

    private byte[] headerFor(String topic) {
        SchemaRegistry registry = terms.framing(schema);
        if (registry == null) {
            return header;
        }
        byte[] known = headersByTopic.get(topic);
        if (known == null) {
            int id = registry.id(WireTerms.subject(topic), SchemaHistory.newest(schema));
            known = ByteBuffer.allocate(CONFLUENT_HEADER_BYTES)
                    .put(CONFLUENT_MARKER)
                    .putInt(id)
                    .array();
            headersByTopic.put(topic, known);
        }
        return known;
    }

    private byte[] encode(T value, byte[] begin) {
        out.reset();
        out.write(begin, 0, begin.length);
        // A direct one writes a field's bytes one by one to a stream that is locked for each: three times as slow.
        BinaryEncoder buffered = EncoderFactory.get().binaryEncoder(out, encoder);
        // Not again if this fails: what it has by then would come before the next record.
        encoder = null;
        try {
            writer.write(value, buffered);
            buffered.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        encoder = buffered;
        return out.toByteArray();
    }

    /**
     * The record in {@code bytes}, from position to limit; neither is moved.
     *
     * @throws MalformedRecordException when the bytes are anything but exactly one such record
     * @throws SchemaUnresolvedException when that is not known, because the registry does not answer
     */
    public T decode(ByteBuffer bytes) throws MalformedRecordException {
        if (bytes.hasArray()) {
            return decode(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        }
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        return decode(copy, 0, copy.length);
    }

    /**
     * The record in {@code bytes}.
     *
     * @throws MalformedRecordException when the bytes are anything but exactly one such record
     * @throws SchemaUnresolvedException when that is not known, because the registry does not answer
     */
    public T decode(byte[] bytes) throws MalformedRecordException {
        return decode(bytes, 0, bytes.length);
    }

    private T decode(byte[] bytes, int offset, int length) throws MalformedRecordException {
        boolean confluent = length > 0 && bytes[offset] == CONFLUENT_MARKER && terms.registry() != null;
        SpecificDatumReader<T> reader =
                confluent ? readerById(bytes, offset, length) : readerFor(bytes, offset, length);
        int begin = confluent ? CONFLUENT_HEADER_BYTES : HEADER_BYTES;
        decoder = DecoderFactory.get().binaryDecoder(bytes, offset + begin, length - begin, decoder);
        try {
            @SuppressWarnings("NullAway") // Avro's reuse argument may be null; its jar is not annotated.
            T value = reader.read(null, decoder);
            if (!decoder.isEnd()) {
                throw malformed(Reason.CORRUPT, "bytes follow its last field (expected: one record)");
            }
            return value;
        } catch (EOFException e) {
            throw malformed(Reason.TRUNCATED, "ends before its last field (expected: a whole record)");
        } catch (IOException | RuntimeException e) {
            // Avro tells damage by many unchecked exceptions; whatever it is, it is about these bytes.
            throw malformed(Reason.CORRUPT, oneLine(e) + " (expected: fields as its schema says)");
        }
    }

    private SpecificDatumReader<T> readerFor(byte[] bytes, int offset, int length) throws MalformedRecordException {
        ByteBuffer head = ByteBuffer.wrap(bytes, offset, length);
        if (length < 2 || (head.getShort() & 0xFFFF) != MARKER) {
            String expected = length > 0 && bytes[offset] == CONFLUENT_MARKER
                    ? "Avro single-object encoding; Confluent's framing needs " + WireTerms.REGISTRY_URL
                    : "Avro single-object encoding";
            throw malformed(Reason.NOT_AVRO, length + " bytes without the marker C3 01 (expected: " + expected + ")");
        }
        if (length < HEADER_BYTES) {
            throw malformed(Reason.TRUNCATED, "ends within its header (expected: a whole record)");
        }
        long fingerprint = head.order(ByteOrder.LITTLE_ENDIAN).getLong();
        SpecificDatumReader<T> reader = readers.get(fingerprint);
        if (reader == null) {
            throw malformed(
                    Reason.UNKNOWN_SCHEMA,
                    String.format(
                            Locale.ROOT,
                            "schema fingerprint %016x (expected: one of the %d known versions)",
                            fingerprint,
                            readers.size()));
        }
        return reader;
    }

    private SpecificDatumReader<T> readerById(byte[] bytes, int offset, int length) throws MalformedRecordException {
        if (length < CONFLUENT_HEADER_BYTES) {
            throw malformed(Reason.TRUNCATED, "ends within its header (expected: a whole record)");
        }
        int id = ByteBuffer.wrap(bytes, offset + 1, Integer.BYTES).getInt();
        SpecificDatumReader<T> reader = readersById.get(id);
        return reader == null ? resolve(id) : reader;
    }

    private SpecificDatumReader<T> resolve(int id) throws MalformedRecordException {
        SchemaRegistry registry = Objects.requireNonNull(terms.registry());
        RegisteredSchema found;
        try {
            found = registry.schema(id)
                    .orElseThrow(() -> malformed(
                            Reason.UNKNOWN_SCHEMA_ID,
                            "schema id " + id + " (expected: one that the schema registry has)"));
        } catch (RegistryUnavailableException e) {
            throw new SchemaUnresolvedException(schema.getName() + ": schema id " + id + ": " + e.getMessage(), id);
        }
        Long fingerprint = found.fingerprint();
        SpecificDatumReader<T> reader = fingerprint == null ? null : readers.get(fingerprint);
        if (reader == null) {
            throw malformed(
                    Reason.UNKNOWN_SCHEMA,
                    String.format(
                            Locale.ROOT,
                            "schema id %d is %s%s (expected: one of the %d known versions)",
                            id,
                            found.name(),
                            fingerprint == null ? "" : String.format(Locale.ROOT, ", fingerprint %016x", fingerprint),
                            readers.size()));
        }
        if (readersById.size() >= IDS_LIMIT) {
            readersById.clear();
        }
        readersById.put(id, reader);
        return reader;
    }

    private MalformedRecordException malformed(Reason reason, String message) {
        return new MalformedRecordException(reason, schema.getName() + ": " + message);
    }

    private static String oneLine(Exception e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
