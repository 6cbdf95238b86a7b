package dev.millrace.trainer.service;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * What a trainer does, over HTTP: {@code /events} is a stream of server-sent events (WHATWG HTML, section 9.2), the last ones first, each
 * of them a line as {@code --json} prints it; {@code /health/live} and {@code /health/ready} as a worker has them. Its event loop owns it.
 */
public final class EventStream {
    private static final int REMEMBERED = 200;
    /** A reader that takes nothing is left behind. */
    private static final int MOST_UNSENT = 1 << 20;

    private final Vertx vertx;
    private final Context loop;
    private final Deque<String> last = new ArrayDeque<>();
    private final Set<HttpServerResponse> readers = new HashSet<>();

    /** @param vertx with one event loop */
    EventStream(Vertx vertx) {
        this.vertx = vertx;
        this.loop = vertx.getOrCreateContext();
    }

    Future<HttpServer> listen(String host, int port) {
        Router router = Router.router(vertx);
        router.get("/health/*").handler(request -> request.response()
                .putHeader("content-type", "application/json")
                .end(new JsonObject().put("live", true).put("ready", true).encode()));
        router.get("/events").handler(this::read);
        return vertx.createHttpServer().requestHandler(router).listen(port, host);
    }

    private void read(RoutingContext request) {
        HttpServerResponse response = request.response();
        response.setChunked(true)
                .setWriteQueueMaxSize(MOST_UNSENT)
                .putHeader("content-type", "text/event-stream")
                .putHeader("cache-control", "no-store");
        response.exceptionHandler(unused -> readers.remove(response));
        response.closeHandler(unused -> readers.remove(response));
        last.forEach(line -> write(response, line));
        readers.add(response);
    }

    private static void write(HttpServerResponse response, String line) {
        Future<Void> unused = response.write("data: " + line + "\n\n");
    }

    /** Tells all that listen. From any thread. */
    public void tell(String line) {
        loop.runOnContext(unused -> {
            last.add(line);
            if (last.size() > REMEMBERED) {
                last.remove();
            }
            readers.removeIf(reader -> {
                if (reader.writeQueueFull()) {
                    Future<Void> unusedEnd = reader.end();
                    return true;
                }
                write(reader, line);
                return false;
            });
        });
    }
}
