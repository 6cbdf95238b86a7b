package dev.millrace.trainer.dataset;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads chosen plain files out of a gzipped tar archive in the ustar format (POSIX.1-1988). */
final class TarFile {
    private static final int BLOCK = 512;
    private static final int MAX_ENTRY = 1 << 30;

    private TarFile() {}

    /** The wanted entries that are there, by their file name without directories. */
    static Map<String, byte[]> read(Path archive, Set<String> wanted) throws IOException {
        Map<String, byte[]> found = new HashMap<>();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(archive), 1 << 16)) {
            while (true) {
                byte[] header = in.readNBytes(BLOCK);
                if (header.length == 0 || (header.length == BLOCK && header[0] == 0)) {
                    // To the end, where gzip's checksum is.
                    in.transferTo(OutputStream.nullOutputStream());
                    return found;
                }
                if (header.length < BLOCK) {
                    throw new DatasetException(archive + ": ends inside a header (expected: a whole tar archive)");
                }
                long size = octal(archive, header);
                String path = text(header, 0, 100);
                String name = path.substring(path.lastIndexOf('/') + 1);
                boolean plain = header[156] == '0' || header[156] == 0;
                long padding = (BLOCK - size % BLOCK) % BLOCK;
                if (plain && wanted.contains(name)) {
                    byte[] content = in.readNBytes((int) size);
                    if (content.length < size) {
                        throw new DatasetException("%s: ends inside %s (expected: %d bytes of it, found: %d)"
                                .formatted(archive, path, size, content.length));
                    }
                    found.put(name, content);
                    in.skipNBytes(padding);
                } else {
                    in.skipNBytes(size + padding);
                }
            }
        } catch (EOFException e) {
            throw new DatasetException(archive + ": ends too early (expected: a whole .tar.gz archive)");
        } catch (ZipException e) {
            throw new DatasetException("%s: %s (expected: a sound .tar.gz archive)".formatted(archive, e.getMessage()));
        }
    }

    private static long octal(Path archive, byte[] header) throws DatasetException {
        String digits = text(header, 124, 12).strip();
        try {
            long size = Long.parseLong(digits, 8);
            if (size >= 0 && size <= MAX_ENTRY) {
                return size;
            }
        } catch (NumberFormatException e) {
            // Falls through to the one message for a size that is no size.
        }
        throw new DatasetException("%s: entry size '%s' (expected: octal, at most %d bytes; is it a tar archive?)"
                .formatted(archive, digits, MAX_ENTRY));
    }

    private static String text(byte[] header, int from, int length) {
        int end = from;
        while (end < from + length && header[end] != 0) {
            end++;
        }
        return new String(header, from, end - from, StandardCharsets.US_ASCII);
    }
}
