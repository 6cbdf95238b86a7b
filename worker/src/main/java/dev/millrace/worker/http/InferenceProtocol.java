package dev.millrace.worker.http;

import dev.millrace.worker.http.ServedModel.Tensor;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the Open Inference Protocol (version 2, REST) has to read: health, and metadata of server and models. Images come
 * over Kafka, so there is no {@code infer}. What is not there is answered 404, and what is there and not ready 503; errors have the
 * protocol's form, {@code {"error": "..."}}.
 */
final class InferenceProtocol {
    /** As Triton and KServe call an ONNX file that ONNX Runtime runs. */
    private static final String PLATFORM = "onnxruntime_onnx";

    private final Supplier<Health> health;
    private final Supplier<List<ServedModel>> models;
    private final String version;

    /** @param version of this server */
    InferenceProtocol(Supplier<Health> health, Supplier<List<ServedModel>> models, String version) {
        this.health = health;
        this.models = models;
        this.version = version;
    }

    void mount(Router router) {
        router.get("/v2").handler(this::server);
        router.get("/v2/health/live").handler(this::live);
        router.get("/v2/health/ready").handler(this::ready);
        router.get("/v2/models/:model").handler(this::metadata);
        router.get("/v2/models/:model/ready").handler(this::modelReady);
        router.get("/v2/models/:model/versions/:version").handler(this::metadata);
        router.get("/v2/models/:model/versions/:version/ready").handler(this::modelReady);
        router.route("/v2/*").handler(InferenceProtocol::nothing);
    }

    private void server(RoutingContext request) {
        answer(
                request,
                200,
                new JsonObject().put("name", "millrace").put("version", version).put("extensions", new JsonArray()));
    }

    private void live(RoutingContext request) {
        boolean live = health.get().live();
        answer(request, live ? 200 : 503, new JsonObject().put("live", live));
    }

    private void ready(RoutingContext request) {
        Health now = health.get();
        // The specification says "live" here, too; the servers that there are say "ready".
        answer(
                request,
                now.ready() ? 200 : 503,
                new JsonObject().put("live", now.live()).put("ready", now.ready()));
    }

    private void metadata(RoutingContext request) {
        List<ServedModel> all = models.get();
        ServedModel model = wanted(request, all);
        if (model == null || !model.ready()) {
            missing(request, model);
            return;
        }
        List<String> versions = all.stream()
                .filter(other -> other.name().equals(model.name()) && other.ready())
                .sorted(Comparator.comparingInt(ServedModel::version))
                .map(other -> Integer.toString(other.version()))
                .toList();
        answer(
                request,
                200,
                new JsonObject()
                        .put("name", model.name())
                        .put("versions", new JsonArray(versions))
                        .put("platform", PLATFORM)
                        .put("inputs", tensors(model.inputs()))
                        .put("outputs", tensors(model.outputs())));
    }

    private void modelReady(RoutingContext request) {
        ServedModel model = wanted(request, models.get());
        if (model == null) {
            missing(request, null);
            return;
        }
        answer(
                request,
                model.ready() ? 200 : 503,
                new JsonObject().put("name", model.name()).put("ready", model.ready()));
    }

    /** The version that the path names, or else the one that answers where none is named. */
    private static @Nullable ServedModel wanted(RoutingContext request, List<ServedModel> all) {
        String name = request.pathParam("model");
        String version = request.pathParam("version");
        return all.stream()
                .filter(model -> model.name().equals(name))
                .filter(model -> version == null
                        ? model.chosen()
                        : Integer.toString(model.version()).equals(version))
                .findFirst()
                .orElse(null);
    }

    private static void missing(RoutingContext request, @Nullable ServedModel model) {
        String version = request.pathParam("version");
        String asked = request.pathParam("model") + (version == null ? "" : " v" + version);
        String found = model == null ? "unknown" : model.missing();
        error(request, "model: " + asked + " is " + found + " (expected: a version that is loaded)");
    }

    private static void nothing(RoutingContext request) {
        error(
                request,
                request.request().method() + " " + request.normalizedPath()
                        + " (expected: GET of health or metadata; images come over Kafka)");
    }

    private static void error(RoutingContext request, String message) {
        answer(request, 404, new JsonObject().put("error", message));
    }

    private static JsonArray tensors(List<Tensor> tensors) {
        JsonArray array = new JsonArray();
        for (Tensor tensor : tensors) {
            array.add(new JsonObject()
                    .put("name", tensor.name())
                    .put("datatype", tensor.datatype())
                    .put("shape", new JsonArray(tensor.shape())));
        }
        return array;
    }

    private static void answer(RoutingContext request, int code, JsonObject body) {
        request.response()
                .setStatusCode(code)
                .putHeader("content-type", "application/json")
                .end(body.encode());
    }
}
