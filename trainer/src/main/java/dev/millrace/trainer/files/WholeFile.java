package dev.millrace.trainer.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that are replaced in one step: a reader sees the old content or the new, and a full disk or a crash leaves the old. */
public final class WholeFile {
    private WholeFile() {}

    /** Gives a file's content, piece by piece. */
    @FunctionalInterface
    public interface Content {
        /** Hands all pieces to {@code out}, in order. */
        void writeTo(Output out) throws IOException;
    }

    /** Takes the pieces of a file. */
    @FunctionalInterface
    public interface Output {
        /** Appends what remains in the buffer. */
        void write(ByteBuffer bytes) throws IOException;
    }

    /** Makes the file's folder, writes a neighbour, forces it to disk and renames it. */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, out -> out.write(ByteBuffer.wrap(content)));
    }

    /** As above, without all the content in one piece. */
    public static void write(Path file, Content content) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Path unfinished = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (FileChannel out = FileChannel.open(
                    unfinished,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                content.writeTo(bytes -> writeFully(out, bytes));
                out.force(true);
            }
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            // Such as "No space left on device", which does not say where.
            throw new IOException(file + ": " + e.getMessage(), e);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private static void writeFully(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }
}
