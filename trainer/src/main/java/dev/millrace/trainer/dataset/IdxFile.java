package dev.millrace.trainer.dataset;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;

/**
 * An IDX file of unsigned bytes, plain or gzipped: two zero bytes, type 8, the number of dimensions, each dimension as a big-endian int, the
 * values. The format is LeCun's, described with the MNIST database.
 */
final class IdxFile {
    private static final int UNSIGNED_BYTE = 8;
    private static final int GZIP_MAGIC = 0x1f8b;
    private static final int MAX_BYTES = 1 << 30;

    private final int[] dimensions;
    private final byte[] values;

    /** The first dimension counts the items. */
    IdxFile(int[] dimensions, byte[] values) {
        this.dimensions = dimensions;
        this.values = values;
    }

    int[] dimensions() {
        return dimensions;
    }

    byte[] values() {
        return values;
    }

    /**
     * Reads a whole file.
     *
     * @param file only for messages
     * @param rank how many dimensions the file must have
     */
    static IdxFile read(InputStream bytes, String file, int rank) throws IOException {
        try (DataInputStream in = new DataInputStream(unzipped(bytes))) {
            int magic = in.readInt();
            if (magic != (UNSIGNED_BYTE << 8 | rank)) {
                throw new DatasetException(
                        "%s: magic 0x%08x (expected: 0x%08x, an IDX file of bytes with %d dimensions)"
                                .formatted(file, magic, UNSIGNED_BYTE << 8 | rank, rank));
            }
            int[] dimensions = new int[rank];
            long size = 1;
            for (int d = 0; d < rank; d++) {
                dimensions[d] = in.readInt();
                size *= dimensions[d];
                if (dimensions[d] < 1 || size > MAX_BYTES) {
                    throw new DatasetException("%s: dimensions %s (expected: each from 1, together at most %d bytes)"
                            .formatted(file, Arrays.toString(Arrays.copyOf(dimensions, d + 1)), MAX_BYTES));
                }
            }
            byte[] values = in.readNBytes((int) size);
            if (values.length < size || in.read() != -1) {
                throw new DatasetException("%s: %s bytes of data (expected: %d, as its header says)"
                        .formatted(file, values.length < size ? values.length : "more", size));
            }
            return new IdxFile(dimensions, values);
        } catch (EOFException e) {
            throw new DatasetException(file + ": ends too early (expected: a whole IDX file)");
        } catch (ZipException e) {
            throw new DatasetException("%s: %s (expected: a sound gzipped IDX file)".formatted(file, e.getMessage()));
        }
    }

    private static InputStream unzipped(InputStream bytes) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(bytes, 1 << 16);
        buffered.mark(2);
        int magic = buffered.read() << 8 | buffered.read();
        buffered.reset();
        return magic == GZIP_MAGIC ? new GZIPInputStream(buffered, 1 << 16) : buffered;
    }

    void write(OutputStream out) throws IOException {
        DataOutputStream data = new DataOutputStream(new GZIPOutputStream(out));
        data.writeInt(UNSIGNED_BYTE << 8 | dimensions.length);
        for (int dimension : dimensions) {
            data.writeInt(dimension);
        }
        data.write(values);
        data.close();
    }
}
