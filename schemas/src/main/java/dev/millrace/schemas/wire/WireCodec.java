package dev.millrace.schemas.wire;

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
 * <p>Reads every released version of the record's schema. Not thread-safe: its buffers belong to one owner thread.
 *
 * @param <T> the generated record
 */
public final class WireCodec<T extends SpecificRecord> {
    private static final int MARKER = 0xC301;
    private static final int HEADER_BYTES = 10;

    static {
        TrustedRecords.install();
    }

    private final Schema schema;
    private final byte[] header;
    private final SpecificDatumWriter<T> writer;
    private final Map<Long, SpecificDatumReader<T>> readers = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(4096);
    private @Nullable BinaryEncoder encoder;
    private @Nullable BinaryDecoder decoder;

    /** Makes a codec for {@code type}, a record generated from this module's schemas. */
    public WireCodec(Class<T> type) {
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

    /** The record as bytes of its own, header included. */
    public byte[] encode(T value) {
        out.reset();
        out.write(header, 0, HEADER_BYTES);
        encoder = EncoderFactory.get().directBinaryEncoder(out, encoder);
        try {
            writer.write(value, encoder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /**
     * The record in {@code bytes}, from position to limit; neither is moved.
     *
     * @throws MalformedRecordException when the bytes are anything but exactly one such record
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
     */
    public T decode(byte[] bytes) throws MalformedRecordException {
        return decode(bytes, 0, bytes.length);
    }

    private T decode(byte[] bytes, int offset, int length) throws MalformedRecordException {
        SpecificDatumReader<T> reader = readerFor(bytes, offset, length);
        decoder = DecoderFactory.get().binaryDecoder(bytes, offset + HEADER_BYTES, length - HEADER_BYTES, decoder);
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
            throw malformed(
                    Reason.NOT_AVRO,
                    length + " bytes without the marker C3 01 (expected: Avro single-object encoding)");
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

    private MalformedRecordException malformed(Reason reason, String message) {
        return new MalformedRecordException(reason, schema.getName() + ": " + message);
    }

    private static String oneLine(Exception e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
