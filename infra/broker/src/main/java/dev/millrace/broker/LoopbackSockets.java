package dev.millrace.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import org.apache.kafka.server.ServerSocketFactory;

/**
 * The node's two listening sockets, bound before Kafka starts: a port 0 becomes a real one without a moment in which
 * another process could take it, and a port in use is known at once. Main thread only, until Kafka takes the sockets.
 */
final class LoopbackSockets implements ServerSocketFactory, AutoCloseable {

    private final ServerSocketChannel client;
    private final ServerSocketChannel controller;

    private LoopbackSockets(ServerSocketChannel client, ServerSocketChannel controller) {
        this.client = client;
        this.controller = controller;
    }

    /** Binds the clients' socket to {@code port} (0: a free one) and the controller's to a free port. */
    static LoopbackSockets bind(int port) {
        try {
            ServerSocketChannel client = listen(port);
            try {
                return new LoopbackSockets(client, listen(0));
            } catch (IOException e) {
                client.close();
                throw e;
            }
        } catch (BindException e) {
            throw new BrokerException(
                    "--port: " + port + " is in use or not allowed (expected: a free port, or 0 to take any)", e);
        } catch (IOException e) {
            throw new BrokerException("--port: cannot listen on 127.0.0.1:" + port + ": " + e.getMessage(), e);
        }
    }

    private static ServerSocketChannel listen(int port) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
            channel.configureBlocking(false); // Kafka registers it with a selector.
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    int clientPort() {
        return port(client);
    }

    int controllerPort() {
        return port(controller);
    }

    /** Hands Kafka the socket that is bound to the port it asks for. */
    @Override
    public ServerSocketChannel openServerSocket(
            String listener, InetSocketAddress address, int backlog, int receiveBuffer) {
        for (ServerSocketChannel channel : new ServerSocketChannel[] {client, controller}) {
            if (port(channel) == address.getPort()) {
                return channel;
            }
        }
        throw new IllegalArgumentException(
                listener + ": " + address + " (expected: port " + clientPort() + " or " + controllerPort() + ")");
    }

    private static int port(ServerSocketChannel channel) {
        return channel.socket().getLocalPort();
    }

    @Override
    public void close() {
        try (client;
                controller) {
            // Kafka closes what it took over; closing again does nothing.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
