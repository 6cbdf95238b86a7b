package dev.millrace.schemas.confluent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.avro.Schema;

/** A registry of a test's own, over HTTP on loopback, that can be told to misbehave. Thread-safe. */
public final class RegistryServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<String> texts = new ArrayList<>();
    private final Map<String, List<Integer>> subjects = new HashMap<>();
    private final List<String> requests = new ArrayList<>();
    private final List<String> authorizations = new ArrayList<>();
    private volatile Mood mood = Mood.WELL;

    /** How it answers. */
    public enum Mood {
        WELL,
        /** Takes requests, and answers none. */
        SILENT,
        /** Sends the beginning of an answer. */
        STUCK,
        /** 500 to everything. */
        BROKEN,
        /** As something else does that listens there: 404, a page. */
        NO_REGISTRY,
        /** Reads as usual, and lets nobody register. */
        READ_ONLY,
        /** Goes on for ever. */
        ENDLESS
    }

    /** Listens on a free port. */
    public RegistryServer() throws IOException {
        this(0);
    }

    /** Listens on that port. */
    public RegistryServer(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port();
    }

    /** From now on. */
    public void mood(Mood next) {
        mood = next;
    }

    /** Has a schema, as if somebody had registered it under a subject of their own. */
    public synchronized int add(Schema schema) {
        return add(schema.toString());
    }

    /** Has whatever text. */
    public synchronized int add(String text) {
        int known = texts.indexOf(text);
        if (known < 0) {
            texts.add(text);
            return texts.size();
        }
        return known + 1;
    }

    /** Registers a schema under a subject. */
    public synchronized int register(String subject, Schema schema) {
        int id = add(schema);
        subjects.computeIfAbsent(subject, unused -> new ArrayList<>()).add(id);
        return id;
    }

    /** Subjects that something is registered under. */
    public synchronized List<String> subjects() {
        return subjects.keySet().stream().sorted().toList();
    }

    /** What was asked: method and path. */
    public synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    /** The header {@code Authorization} of each request; empty where it had none. */
    public synchronized List<String> authorizations() {
        return List.copyOf(authorizations);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getPath();
            note(exchange, path);
            switch (mood) {
                case SILENT -> awaitClose();
                case STUCK -> {
                    exchange.sendResponseHeaders(200, 1000);
                    exchange.getResponseBody().write('{');
                    exchange.getResponseBody().flush();
                    awaitClose();
                }
                case ENDLESS -> {
                    exchange.sendResponseHeaders(200, 0);
                    byte[] more = "\"".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
                    while (closed.getCount() > 0) {
                        exchange.getResponseBody().write(more);
                    }
                }
                case BROKEN -> reply(exchange, 500, "{\"error_code\":50001,\"message\":\"Error in the backend\"}");
                case NO_REGISTRY -> reply(exchange, 404, "<h1>Not Found</h1>");
                case WELL, READ_ONLY -> answer(exchange, path, body);
            }
        }
    }

    private synchronized void note(HttpExchange exchange, String path) {
        requests.add(exchange.getRequestMethod() + " " + path);
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        authorizations.add(authorization == null ? "" : authorization);
    }

    private void awaitClose() {
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void answer(HttpExchange exchange, String path, byte[] body) throws IOException {
        String[] parts = path.substring(1).split("/");
        if (path.startsWith("/schemas/ids/")) {
            int id = Integer.parseInt(parts[2]);
            if (id < 1 || id > texts.size()) {
                reply(exchange, 404, "{\"error_code\":40403,\"message\":\"Schema " + id + " not found\"}");
            } else {
                reply(
                        exchange,
                        200,
                        JSON.createObjectNode().put("schema", texts.get(id - 1)).toString());
            }
            return;
        }
        JsonNode given = JSON.readTree(body);
        Schema schema = new Schema.Parser().parse(given.path("schema").textValue());
        String subject = parts[1];
        if (parts.length == 3) {
            if (mood == Mood.READ_ONLY) {
                reply(exchange, 403, "{\"error_code\":40301,\"message\":\"User is denied operation Write\"}");
            } else {
                reply(exchange, 200, "{\"id\":" + register(subject, schema) + "}");
            }
        } else if (!subjects.containsKey(subject)) {
            reply(exchange, 404, "{\"error_code\":40401,\"message\":\"Subject '" + subject + "' not found.\"}");
        } else if (!subjects.getOrDefault(subject, List.of()).contains(texts.indexOf(schema.toString()) + 1)) {
            reply(exchange, 404, "{\"error_code\":40403,\"message\":\"Schema not found\"}");
        } else {
            int id = texts.indexOf(schema.toString()) + 1;
            reply(exchange, 200, "{\"subject\":\"" + subject + "\",\"id\":" + id + ",\"version\":1}");
        }
    }

    private static void reply(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Refuses connections from now on. */
    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
