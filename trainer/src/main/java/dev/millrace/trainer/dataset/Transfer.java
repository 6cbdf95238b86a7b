package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Flow;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings one file by HTTP. What has arrived lies in {@code FILE.part}, the ETag of it in {@code FILE.etag}; a later attempt asks for the
 * rest by Range, under the condition (If-Range) that it is still the same file where the server gave an ETag (RFC 9110, 13.1.5 and 14).
 */
final class Transfer {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);
    private static final int BUFFER = 1 << 16;
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (?:([0-9]+)-[0-9]+|\\*)/([0-9]+|\\*)");

    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    private final RemoteFile file;
    private final Path whole;
    private final Path part;
    private final Path etag;
    private final String instead;
    private final DownloadListener listener;
    private final Duration patience;

    /**
     * Nothing is asked for yet.
     *
     * @param whole where the file is to be; its folder exists
     * @param instead how to name a local copy, for messages
     * @param patience how long to wait for each piece of an answer
     */
    Transfer(RemoteFile file, Path whole, String instead, DownloadListener listener, Duration patience) {
        this.file = file;
        this.whole = whole;
        this.part = whole.resolveSibling(whole.getFileName() + ".part");
        this.etag = whole.resolveSibling(whole.getFileName() + ".etag");
        this.instead = instead;
        this.listener = listener;
        this.patience = patience;
    }

    /**
     * Goes on where an earlier attempt ended, as long as attempts bring anything.
     *
     * @throws DatasetException when the server cannot be reached or refuses, when the disk is full, or when the MD5 is wrong
     */
    void run() throws IOException {
        long before = -1;
        for (@Nullable IOException broken = attempt(); broken != null; broken = attempt()) {
            long have = have();
            if (have <= before) {
                throw new DatasetException(
                        "%s: broke off after %d bytes: %s (expected: all of it; the same command goes on from there, or name a local copy: %s)"
                                .formatted(file.address(), have, broken.getMessage(), instead));
            }
            before = have;
        }
        String md5 = md5();
        if (!md5.equals(file.md5())) {
            discard();
            throw new DatasetException(
                    "%s: MD5 %s (expected: %s, as published); it was removed. The same command tries again, or name a local copy: %s"
                            .formatted(file.address(), md5, file.md5(), instead));
        }
        Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
        Files.deleteIfExists(etag);
    }

    /** Null when the file is whole, or what broke the transfer off. */
    private @Nullable IOException attempt() throws IOException {
        long have = have();
        HttpResponse<Flow.Publisher<List<ByteBuffer>>> response = ask(have);
        Matcher range = CONTENT_RANGE.matcher(
                response.headers().firstValue("content-range").orElse(""));
        try (ResponseBody body = new ResponseBody(response.body(), patience)) {
            return switch (response.statusCode()) {
                case 200 -> {
                    keepEtag(response);
                    yield receive(
                            body,
                            0,
                            response.headers()
                                    .firstValueAsLong("content-length")
                                    .orElse(-1));
                }
                case 206 -> {
                    if (!range.matches() || !String.valueOf(have).equals(range.group(1))) {
                        discard();
                        throw unexpected(response, "206 with a range from byte " + have);
                    }
                    yield receive(body, have, range.group(2).equals("*") ? -1 : Long.parseLong(range.group(2)));
                }
                case 416 -> {
                    // Nothing is left to send: the file was whole already, or it is another one by now.
                    if (have == 0) {
                        throw unexpected(response, "200");
                    }
                    if (!range.matches() || !String.valueOf(have).equals(range.group(2))) {
                        discard();
                        yield new IOException("the rest of it is not there any more");
                    }
                    yield null;
                }
                default -> throw unexpected(response, "200");
            };
        }
    }

    private HttpResponse<Flow.Publisher<List<ByteBuffer>>> ask(long have) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(file.address()).timeout(ANSWER_TIMEOUT);
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
            if (Files.isRegularFile(etag)) {
                request.header("If-Range", Files.readString(etag));
            }
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofPublisher());
        } catch (IOException e) {
            throw new DatasetException("%s: cannot be reached: %s (expected: a network; or name a local copy: %s)"
                    .formatted(file.address(), reason(e), instead));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(file.address() + ": interrupted");
        }
    }

    private DatasetException unexpected(HttpResponse<?> response, String expected) {
        return new DatasetException("%s: HTTP status %d (expected: %s); a local copy can be named: %s"
                .formatted(file.address(), response.statusCode(), expected, instead));
    }

    /** Some of the JDK's network exceptions have no message. */
    private static String reason(Throwable e) {
        String name = e.getClass().getSimpleName();
        return e.getMessage() == null ? name : name + ": " + e.getMessage();
    }

    /** A weak one is not kept: it does not vouch for the bytes. */
    private void keepEtag(HttpResponse<?> response) throws IOException {
        String tag = response.headers().firstValue("etag").orElse("W/");
        try {
            if (tag.startsWith("W/")) {
                Files.deleteIfExists(etag);
            } else {
                Files.writeString(etag, tag);
            }
        } catch (IOException e) {
            throw unwritable(e, -1);
        }
    }

    /** Adds the body to what is there. */
    private @Nullable IOException receive(ResponseBody body, long have, long total) throws IOException {
        listener.started(file.name(), have, total);
        OpenOption how = have == 0 ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
        try (FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how)) {
            long now = have;
            while (true) {
                List<ByteBuffer> pieces;
                try {
                    pieces = body.next();
                } catch (IOException e) {
                    return e;
                }
                if (pieces.isEmpty()) {
                    return total >= 0 && now < total ? new IOException("the connection ended") : null;
                }
                for (ByteBuffer piece : pieces) {
                    int bytes = piece.remaining();
                    while (piece.hasRemaining()) {
                        out.write(piece);
                    }
                    now += bytes;
                    listener.received(bytes);
                }
            }
        } catch (IOException e) {
            throw unwritable(e, total);
        } finally {
            listener.ended();
        }
    }

    private DatasetException unwritable(IOException e, long total) {
        return new DatasetException(
                "%s: cannot be written: %s (expected: room for %s; XDG_CACHE_HOME names another folder)"
                        .formatted(
                                part,
                                e.getMessage(),
                                total < 0 ? "the file" : String.format(Locale.ROOT, "%,d bytes", total)));
    }

    private long have() throws IOException {
        return Files.exists(part) ? Files.size(part) : 0;
    }

    private void discard() throws IOException {
        Files.deleteIfExists(part);
        Files.deleteIfExists(etag);
    }

    private String md5() throws IOException {
        try (InputStream in = Files.newInputStream(part)) {
            MessageDigest digest = MessageDigest.getInstance("MD5");
            byte[] buffer = new byte[BUFFER];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }
}
