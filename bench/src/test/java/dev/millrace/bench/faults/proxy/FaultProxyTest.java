package dev.millrace.bench.faults.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client and an echo server with the proxy between them. */
class FaultProxyTest {
    private static final int SILENCE_MS = 200;
    private static final int PATIENCE_MS = 10_000;

    private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    private ServerSocket server;
    private FaultProxy proxy;
    private Socket client;

    @BeforeEach
    void connect() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread echo = new Thread(this::echo, "echo");
        echo.setDaemon(true);
        echo.start();
        proxy = FaultProxy.start(vertx, "127.0.0.1", 0, server.getLocalPort(), 1);
        client = dial();
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        proxy.close();
        server.close();
        vertx.close().await();
    }

    @Test
    void passesMuchInOrderWhenTheLineIsClear() throws IOException {
        byte[] sent = new byte[3_000_000];
        new Random(7).nextBytes(sent);
        assertThat(echoed(sent)).isEqualTo(sent);
    }

    @Test
    void delaysAndKeepsTheOrder() throws IOException {
        Line slow = Line.slow(Duration.ofMillis(60), Duration.ofMillis(50), 0);
        proxy.lines(slow, slow);
        byte[] sent = new byte[100_000];
        new Random(8).nextBytes(sent);
        long start = System.nanoTime();
        assertThat(echoed(sent)).isEqualTo(sent);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(20));
    }

    @Test
    void letsNoMoreThanItsWidthThrough() throws IOException {
        proxy.lines(Line.slow(Duration.ZERO, Duration.ZERO, 200_000), Line.CLEAR);
        long start = System.nanoTime();
        echoed(new byte[100_000]);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(400));
    }

    @Test
    void deliversAfterABlackHoleWhatWasSentIntoIt() throws IOException {
        proxy.lines(Line.BLACK_HOLE, Line.CLEAR);
        client.getOutputStream().write(1);
        assertSilent();
        proxy.restore();
        assertThat(client.getInputStream().read()).isEqualTo(1);
    }

    @Test
    void holdsOneDirectionAlone() throws IOException {
        proxy.lines(Line.CLEAR, Line.BLACK_HOLE);
        client.getOutputStream().write(2);
        assertSilent();
        proxy.lines(Line.BLACK_HOLE, Line.CLEAR);
        // The server had heard it all the while.
        assertThat(client.getInputStream().read()).isEqualTo(2);
    }

    @Test
    void resetsConnectionsAndWelcomesNewOnes() throws IOException {
        echoed(new byte[] {3});
        proxy.reset();
        await().untilAsserted(
                        () -> assertThatThrownBy(() -> echoed(new byte[] {4})).isInstanceOf(IOException.class));
        client.close();
        client = dial();
        assertThat(echoed(new byte[] {5})).containsExactly(5);
    }

    @Test
    void cutsUntilItIsRestored() throws IOException {
        proxy.cut();
        await().untilAsserted(() -> assertThatThrownBy(() -> {
                    try (Socket other = dial()) {
                        other.getOutputStream().write(6);
                        new DataInputStream(other.getInputStream()).readByte();
                    }
                })
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(SocketTimeoutException.class));
        proxy.restore();
        client.close();
        client = dial();
        assertThat(echoed(new byte[] {7})).containsExactly(7);
    }

    @Test
    void refusesALineThatCannotBe() {
        assertThatThrownBy(() -> Line.slow(Duration.ofMillis(1), Duration.ofMillis(2), 0))
                .hasMessageContaining("expected");
        assertThatThrownBy(() -> Line.slow(Duration.ZERO, Duration.ZERO, -1)).hasMessageContaining("-1");
    }

    private Socket dial() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(PATIENCE_MS);
        return socket;
    }

    private byte[] echoed(byte[] sent) throws IOException {
        OutputStream out = client.getOutputStream();
        Thread writer = new Thread(
                () -> {
                    try {
                        out.write(sent);
                    } catch (IOException e) {
                        // The reading side fails, too, and says so.
                    }
                },
                "writer");
        writer.start();
        byte[] back = new byte[sent.length];
        new DataInputStream(client.getInputStream()).readFully(back);
        return back;
    }

    private void assertSilent() throws IOException {
        client.setSoTimeout(SILENCE_MS);
        InputStream in = client.getInputStream();
        assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
        client.setSoTimeout(PATIENCE_MS);
    }

    private void echo() {
        while (!server.isClosed()) {
            try {
                Socket accepted = server.accept();
                Thread each = new Thread(() -> echo(accepted), "echo-one");
                each.setDaemon(true);
                each.start();
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // The connection was reset, as some tests want it.
        }
    }
}
