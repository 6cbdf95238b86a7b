package dev.millrace.producer.source;

import dev.millrace.producer.OutgoingImage;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A PNG or JPEG file, told apart by its first bytes (PNG: ISO/IEC 15948 section 5.2; JPEG: ITU-T T.81 annex B, SOI and
 * the first byte of the next marker), never by its name.
 *
 * @param path the file
 */
record ImageFile(Path path) implements SourceImage {
    /** Far above what a broker takes by default (1 MiB); keeps a wrong file from filling the memory. */
    private static final long LARGEST = 64L << 20;

    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final byte[] JPEG = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF};

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public OutgoingImage read() throws IOException {
        byte[] bytes = readFile();
        if (startsWith(bytes, PNG)) {
            return OutgoingImage.png(bytes);
        }
        if (startsWith(bytes, JPEG)) {
            return OutgoingImage.jpeg(bytes);
        }
        throw new IOException(path + ": not an image (expected: a PNG or JPEG file)");
    }

    private byte[] readFile() throws IOException {
        try {
            long size = Files.size(path);
            if (size > LARGEST) {
                throw new IOException(path + ": " + size + " bytes (expected: at most " + LARGEST + ")");
            }
            return Files.readAllBytes(path);
        } catch (NoSuchFileException e) {
            throw new IOException(path + ": no such file (expected: a PNG or JPEG file)", e);
        } catch (AccessDeniedException e) {
            throw new IOException(path + ": permission denied (expected: a readable file)", e);
        }
    }

    private static boolean startsWith(byte[] bytes, byte[] signature) {
        return bytes.length >= signature.length
                && Arrays.equals(bytes, 0, signature.length, signature, 0, signature.length);
    }
}
