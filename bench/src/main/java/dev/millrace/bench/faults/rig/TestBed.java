package dev.millrace.bench.faults.rig;

import dev.millrace.bench.faults.child.BrokerChild;
import dev.millrace.bench.faults.load.TestImages;
import dev.millrace.bench.process.Folders;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What all rigs share: a folder, one broker, one event loop for the proxies, the images and the key that
 * signs the model. One thread.
 */
public final class TestBed implements AutoCloseable {
    /** Below the ports that a kernel gives to clients: none of them can take the broker's while it is away. */
    private static final int LOWEST_PORT = 20_000;

    private static final int PORTS = 10_000;

    /** More than any campaign leaves on its broker; a tmpfs takes what is used. */
    private static final long MOVING_ROOM = 2L << 30;

    private final Path folder;
    private final int port;
    private final BrokerChild broker;
    private final Vertx vertx;
    private final TestImages images;
    private final KeyPair keys;
    private @Nullable SmallDisk disk;

    private TestBed(Path folder, int port, TestImages images, KeyPair keys) {
        this.folder = folder;
        this.port = port;
        this.images = images;
        this.keys = keys;
        this.broker = new BrokerChild(port, folder.resolve("kafka"), folder.resolve("broker"));
        this.vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    }

    /** Starts the broker; all files lie in a fresh folder under {@code parent} that is named after {@code purpose}. */
    public static TestBed start(Path parent, String purpose) throws IOException {
        Path folder = Files.createTempDirectory(parent, "millrace-" + purpose + "-");
        TestImages images = TestImages.load();
        KeyPair keys = ManifestKeys.generate();
        ManifestKeys.write(keys, folder.resolve("bench"));
        return new TestBed(folder, freePort(), images, keys);
    }

    private static int freePort() throws IOException {
        Random random = new Random();
        for (int attempt = 0; attempt < 100; attempt++) {
            int candidate = LOWEST_PORT + random.nextInt(PORTS);
            try (ServerSocket probe = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (IOException e) {
                // Taken: try another.
            }
        }
        throw new IOException("port: none free in 100 tries from " + LOWEST_PORT + " on");
    }

    /** Brings the broker back if a fault has left it stopped. */
    public void ensureBroker() {
        if (broker.isAlive()) {
            broker.thaw();
        } else {
            broker.restart();
        }
    }

    BrokerChild broker() {
        return broker;
    }

    /** Puts the records on a disk of their own with that much room; see {@link Rig#shrinkBrokerDisk}. */
    SmallDisk shrinkBrokerDisk(long room) throws IOException {
        SmallDisk small = disk;
        if (small == null) {
            broker.stop();
            small = moveToSmallDisk(broker.data());
            disk = small;
            broker.restart();
        }
        small.leaveFree(room);
        return small;
    }

    private static SmallDisk moveToSmallDisk(Path data) throws IOException {
        Path before = data.resolveSibling("kafka-before");
        Files.move(data, before);
        SmallDisk small = SmallDisk.mount(data, MOVING_ROOM);
        try (Stream<Path> files = Files.walk(before)) {
            for (Path file : (Iterable<Path>) files.filter(path -> !path.equals(before))::iterator) {
                Files.copy(file, data.resolve(before.relativize(file)));
            }
        }
        Folders.delete(before);
        return small;
    }

    int port() {
        return port;
    }

    Vertx vertx() {
        return vertx;
    }

    TestImages images() {
        return images;
    }

    ManifestSigner signer() {
        return new ManifestSigner(keys.getPrivate(), keys.getPublic());
    }

    Path trustedKey() {
        return folder.resolve("bench.pub");
    }

    /** Where logs and histories lie. */
    public Path folder() {
        return folder;
    }

    /** Deletes the folder; only once all is closed. */
    public void deleteFolder() throws IOException {
        Folders.delete(folder);
    }

    /** Stops everything; the folder stays. */
    @Override
    public void close() {
        try (broker) {
            vertx.close().await(10, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new IllegalStateException("proxies: do not close", e);
        } finally {
            closeDisk();
        }
    }

    private void closeDisk() {
        try {
            if (disk != null) {
                disk.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("disk of the broker: does not close", e);
        }
    }
}
