package dev.millrace.worker.http;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Serves {@code /health/live}, {@code /health/ready}, {@code /status} ({@link Status}), {@code /metrics} (Prometheus
 * text format), and {@code /v2}, what the Open Inference Protocol has to read.
 */
public final class HealthEndpoint {
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final Supplier<Health> health;
    private final Supplier<Status> status;
    private final Supplier<String> metrics;
    private final InferenceProtocol protocol;

    /** Wires the endpoint; the suppliers are called on the event loop and must not block. */
    public HealthEndpoint(
            Supplier<Health> health,
            Supplier<Status> status,
            Supplier<List<ServedModel>> models,
            Supplier<String> metrics) {
        this.health = health;
        this.status = status;
        this.metrics = metrics;
        this.protocol = new InferenceProtocol(health, models, version());
    }

    /** As the build wrote it down. */
    private static String version() {
        Properties build = new Properties();
        try (InputStream in = HealthEndpoint.class.getResourceAsStream("build.properties")) {
            if (in != null) {
                build.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return build.getProperty("version", "unknown");
    }

    /** Listens on {@code host}; port 0 takes a free one. Fails when the port is in use. */
    public Future<HttpServer> listen(Vertx vertx, String host, int port) {
        Router router = Router.router(vertx);
        router.get("/health/live").handler(request -> answer(request, Health::live));
        router.get("/health/ready").handler(request -> answer(request, Health::ready));
        router.get("/status").handler(request -> json(request, 200, StatusJson.write(status.get())));
        router.get("/metrics").handler(request -> request.response()
                .putHeader("content-type", PROMETHEUS_TEXT)
                .end(metrics.get()));
        protocol.mount(router);
        return vertx.createHttpServer().requestHandler(router).listen(port, host);
    }

    private void answer(RoutingContext request, Predicate<Health> question) {
        Health now = health.get();
        JsonObject body = new JsonObject()
                .put("live", now.live())
                .put("ready", now.ready())
                .put("reasons", new JsonArray(now.reasons()));
        json(request, question.test(now) ? 200 : 503, body.encode());
    }

    private static void json(RoutingContext request, int code, String body) {
        request.response()
                .setStatusCode(code)
                .putHeader("content-type", "application/json")
                .end(body);
    }
}
