package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Against a real HTTP server that can break off, refuse ranges and change the file. */
@SuppressWarnings("NullAway.Init") // Set before each test.
class DownloadsTest {
    private static final int SIZE = 1_000_000;

    @TempDir
    private Path cache;

    private HttpServer server;
    private byte[] content;
    private RemoteFile file;

    /** Ranges that were asked for, "-" for none. */
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    /** Body bytes after which each answer breaks off, in turn; then whole answers. */
    private final List<Integer> breaks = Collections.synchronizedList(new ArrayList<>());

    /** What is published below other paths than the file's. */
    private final Map<String, byte[]> published = new ConcurrentHashMap<>();

    /** Whether an answer that breaks off leaves the connection open. */
    private volatile boolean stalls;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile boolean ranges = true;
    private volatile int status = 200;
    private volatile @Nullable String etag = "\"one\"";

    @BeforeEach
    void serve() throws Exception {
        long seed = 5;
        System.out.println("seed of the content: " + seed);
        content = new byte[SIZE];
        new Random(seed).nextBytes(content);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
        file = remote("data.tar.gz", md5(content));
    }

    @AfterEach
    void stop() {
        stopped.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    @Test
    void downloadsOnceAndLeavesOnlyTheFile() throws Exception {
        Recorder recorder = new Recorder();
        Path fetched = new Downloads(cache, recorder).fetch("set", file, "set:DIR");

        assertThat(fetched).isEqualTo(cache.resolve("set/data.tar.gz")).hasBinaryContent(content);
        assertThat(fetch()).isEqualTo(fetched);
        assertThat(asked).containsExactly("-");
        assertThat(recorder.events).containsExactly("data.tar.gz 0/" + SIZE, "ended");
        assertThat(recorder.received).isEqualTo(SIZE);
        assertThat(names()).containsExactly("data.tar.gz", "data.tar.gz.lock");
    }

    @Test
    void goesOnWhereTheConnectionBrokeOff() throws Exception {
        breaks.addAll(List.of(300_000, 100_000));

        assertThat(fetch()).hasBinaryContent(content);

        assertThat(asked).hasSize(3).first().isEqualTo("-");
        assertThat(start(asked.get(1))).isPositive();
        assertThat(start(asked.get(2))).isGreaterThan(start(asked.get(1)));
    }

    @Test
    void goesOnWhereNothingComesAnyMore() throws Exception {
        breaks.add(300_000);
        stalls = true;
        Path whole = Files.createDirectories(cache.resolve("set")).resolve("data.tar.gz");

        new Transfer(file, whole, "set:DIR", DownloadListener.NONE, Duration.ofSeconds(1)).run();

        assertThat(whole).hasBinaryContent(content);
        assertThat(asked).hasSizeGreaterThan(1);
    }

    @Test
    void goesOnInALaterCall() throws Exception {
        breaks.addAll(List.of(300_000, 0, 0));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("broke off after ")
                .hasMessageContaining("the same command goes on from there, or name a local copy: set:DIR");
        long have = Files.size(cache.resolve("set/data.tar.gz.part"));
        breaks.clear();
        asked.clear();

        assertThat(fetch()).hasBinaryContent(content);
        assertThat(have).isPositive();
        assertThat(asked).containsExactly("bytes=" + have + "- if \"one\"");
    }

    @Test
    void startsOverWhereTheServerKnowsNoRanges() throws Exception {
        leavePart(Arrays.copyOf(content, 400_000), null);
        ranges = false;

        assertThat(fetch()).hasBinaryContent(content);
        assertThat(asked).containsExactly("bytes=400000-");
    }

    @Test
    void startsOverWhereTheFileHasChanged() throws Exception {
        leavePart(new byte[400_000], "\"another\"");

        assertThat(fetch()).hasBinaryContent(content);
        assertThat(asked).containsExactly("bytes=400000- if \"another\"");
    }

    @Test
    void keepsNoEtagThatDoesNotVouchForTheBytes() throws Exception {
        etag = "W/\"weak\"";
        breaks.addAll(List.of(300_000));

        assertThat(fetch()).hasBinaryContent(content);
        assertThat(asked).hasSize(2).last().asString().doesNotContain("if");
    }

    @Test
    void takesAPartThatIsWholeAlready() throws Exception {
        leavePart(content, null);

        assertThat(fetch()).hasBinaryContent(content);
    }

    @Test
    void startsOverWhereThePartIsLongerThanTheFile() throws Exception {
        leavePart(new byte[SIZE + 1], null);

        assertThat(fetch()).hasBinaryContent(content);
    }

    @Test
    void removesWhatHasAnotherMd5() throws Exception {
        RemoteFile other = remote("data.tar.gz", "0".repeat(32));

        assertThatThrownBy(() -> new Downloads(cache, DownloadListener.NONE).fetch("set", other, "set:DIR"))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("MD5 " + md5(content) + " (expected: " + "0".repeat(32))
                .hasMessageContaining("it was removed");
        assertThat(names()).containsExactly("data.tar.gz.lock");
    }

    @Test
    void saysWhatTheServerAnswered() {
        status = 404;

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining(file.address() + ": HTTP status 404")
                .hasMessageContaining("a local copy can be named: set:DIR");
    }

    @Test
    void namesTheLocalFormWhereThereIsNoNetwork() {
        server.stop(0);

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("cannot be reached: ConnectException")
                .hasMessageContaining("name a local copy: set:DIR");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void saysThatTheDiskIsFull() throws Exception {
        Files.createDirectories(cache.resolve("set"));
        Files.createSymbolicLink(cache.resolve("set/data.tar.gz.part"), Path.of("/dev/full"));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("data.tar.gz.part: cannot be written: No space left on device")
                .hasMessageContaining("room for 1,000,000 bytes; XDG_CACHE_HOME names another folder");
        assertThat(cache.resolve("set/data.tar.gz")).doesNotExist();
        Files.delete(cache.resolve("set/data.tar.gz.part"));
    }

    @Test
    void saysThatTheCacheFolderCannotBeMade() throws Exception {
        Path taken = Files.writeString(cache.resolve("file"), "");

        assertThatThrownBy(() -> new Downloads(taken, DownloadListener.NONE).fetch("set", file, "set:DIR"))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("XDG_CACHE_HOME");
    }

    @Test
    void downloadsOnceForManyAtATime() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<Path>> fetches = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                fetches.add(pool.submit(this::fetch));
            }
            for (Future<Path> fetched : fetches) {
                assertThat(fetched.get()).hasBinaryContent(content);
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(asked).containsExactly("-");
    }

    @Test
    void bringsTheFilesOfADataSetThatIsNowhereElse() throws Exception {
        ByteArrayOutputStream images = new ByteArrayOutputStream();
        ByteArrayOutputStream labels = new ByteArrayOutputStream();
        IdxSet.write(LabelledImages.of(new ImageShape(2, 2, 1), new byte[80], new byte[20]), images, labels);
        String base = file.address().resolve("/mnist/").toString();
        published.put("/mnist/train-images-idx3-ubyte.gz", images.toByteArray());
        published.put("/mnist/t10k-images-idx3-ubyte.gz", images.toByteArray());
        published.put("/mnist/train-labels-idx1-ubyte.gz", labels.toByteArray());
        published.put("/mnist/t10k-labels-idx1-ubyte.gz", labels.toByteArray());
        String ofImages = md5(images.toByteArray());
        String ofLabels = md5(labels.toByteArray());
        IdxSet set =
                new IdxSet("mnist", List.of("0"), null, IdxSet.remote(base, ofImages, ofLabels, ofImages, ofLabels));

        Dataset data = set.load(null, new Downloads(cache, DownloadListener.NONE));

        assertThat(data.test().size()).isEqualTo(20);
        assertThat(data.train().size()).isEqualTo(18);
        assertThat(cache.resolve("mnist/t10k-labels-idx1-ubyte.gz")).exists();
    }

    @Test
    void findsTheCacheFolder() {
        assertThat(Downloads.cacheFolder(Map.of("XDG_CACHE_HOME", "/var/c"), "/home/me"))
                .isEqualTo(Path.of("/var/c/millrace"));
        assertThat(Downloads.cacheFolder(Map.of("XDG_CACHE_HOME", "relative"), "/home/me"))
                .isEqualTo(Path.of("/home/me/.cache/millrace"));
        assertThat(Downloads.cacheFolder(Map.of(), "/home/me")).isEqualTo(Path.of("/home/me/.cache/millrace"));
    }

    private Path fetch() throws IOException {
        return new Downloads(cache, DownloadListener.NONE).fetch("set", file, "set:DIR");
    }

    private void leavePart(byte[] bytes, @Nullable String tag) throws IOException {
        Files.createDirectories(cache.resolve("set"));
        Files.write(cache.resolve("set/data.tar.gz.part"), bytes);
        if (tag != null) {
            Files.writeString(cache.resolve("set/data.tar.gz.etag"), tag);
        }
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(cache.resolve("set"))) {
            return files.map(name -> name.getFileName().toString()).sorted().toList();
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] other = published.get(exchange.getRequestURI().getPath());
        if (other != null) {
            exchange.sendResponseHeaders(200, other.length);
            exchange.getResponseBody().write(other);
            exchange.close();
            return;
        }
        String range = exchange.getRequestHeaders().getFirst("Range");
        String condition = exchange.getRequestHeaders().getFirst("If-Range");
        asked.add(range == null ? "-" : condition == null ? range : range + " if " + condition);
        int from = range == null || !ranges || (condition != null && !condition.equals(etag)) ? 0 : start(range);
        if (etag != null) {
            exchange.getResponseHeaders().set("ETag", etag);
        }
        if (status != 200) {
            exchange.sendResponseHeaders(status, -1);
        } else if (from >= SIZE) {
            exchange.getResponseHeaders().set("Content-Range", "bytes */" + SIZE);
            exchange.sendResponseHeaders(416, -1);
        } else {
            if (from > 0) {
                exchange.getResponseHeaders().set("Content-Range", "bytes %d-%d/%d".formatted(from, SIZE - 1, SIZE));
            }
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, SIZE - from);
            boolean whole = breaks.isEmpty();
            int count = whole ? SIZE - from : breaks.remove(0);
            exchange.getResponseBody().write(content, from, count);
            if (stalls && !whole) {
                exchange.getResponseBody().flush();
                awaitStop();
            }
        }
        // Ends the connection where less was written than was announced.
        exchange.close();
    }

    private void awaitStop() {
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int start(String range) {
        return Integer.parseInt(range.replaceAll("bytes=(\\d+)-.*", "$1"));
    }

    private RemoteFile remote(String name, String md5) {
        InetSocketAddress address = server.getAddress();
        return new RemoteFile(
                URI.create("http://%s:%d/%s".formatted(address.getAddress().getHostAddress(), address.getPort(), name)),
                md5);
    }

    private static String md5(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    }

    private static final class Recorder implements DownloadListener {
        private final List<String> events = new ArrayList<>();
        private long received;

        @Override
        public void waiting(String name) {
            events.add("waiting");
        }

        @Override
        public void started(String name, long have, long total) {
            events.add(name + " " + have + "/" + total);
        }

        @Override
        public void received(int bytes) {
            received += bytes;
        }

        @Override
        public void ended() {
            events.add("ended");
        }
    }
}
