package dev.millrace.worker;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Every key that a worker understands, with its default. {@code kafka.*} passes through to the Kafka clients. */
enum Setting {
    ID("millrace.id", "", "Worker id, unique in the group. Default: host-pid."),
    PREFIX("millrace.topic.prefix", "millrace.", "Put before every topic name."),
    GROUP("millrace.group", "millrace", "Consumer group."),
    MEMBERSHIP(
            "millrace.group.membership",
            "dynamic",
            "dynamic | static: a static lane keeps its partitions while its worker restarts (needs millrace.id)."),
    WIRE_FORMAT(
            "millrace.wire.format",
            "single-object",
            "single-object | confluent: what results, their shadows and replies are written in."),
    REGISTRY_URL(
            "millrace.schema.registry.url",
            "",
            "Schema registry with Confluent's API: requests are read in both formats. Empty: in single-object alone."),
    REGISTRY_AUTH(
            "millrace.schema.registry.auth",
            "",
            "user:password for it; or in the URL, before the host: user:password@."),
    REGISTRY_TIMEOUT("millrace.schema.registry.timeout", "2s", "How long it may take to answer; no lane waits for it."),
    LANES("millrace.lanes", "cpu:auto", "Device slots: cpu:0,cpu:1 | cpu:0-3 | cpu:auto | cpu:none x4 | cuda:0x2."),
    LANES_RESERVE("millrace.lanes.reserve", "1", "CPUs that cpu:auto leaves to Kafka I/O, where there are more."),
    BATCH_MAX("millrace.batch.max", "8", "Most images in one session run."),
    BATCH_LINGER("millrace.batch.linger", "0ms", "How long to wait for more images once one has arrived."),
    BATCH_LATENCY("millrace.batch.latency", "50ms", "Longest session run to aim for: fewer images when they are slow."),
    IMAGE_BYTES("millrace.image.bytes", "16777216", "Most encoded bytes of one image."),
    IMAGE_PIXELS(
            "millrace.image.pixels",
            "25000000",
            "Most pixels of one image, as its header says. A lane needs 3 bytes of heap for each while it decodes."),
    TOP_K("millrace.top.k", "5", "Labels in a result."),
    DELIVERY("millrace.delivery", "at-least-once", "at-least-once | exactly-once | queue."),
    INFLIGHT_MAX("millrace.inflight.max", "1000", "Unacknowledged answers at which a lane takes no more."),
    INFLIGHT_BYTES("millrace.inflight.bytes", "16777216", "The same in bytes of requests and answers."),
    TXN_WINDOW("millrace.txn.window", "50ms", "How long a transaction takes answers in (exactly-once)."),
    KILLER_CRASHES("millrace.killer.crashes", "3", "Workers a record may end alone before it is dead-lettered."),
    REVOKE_DEADLINE(
            "millrace.revoke.deadline", "5s", "How long a lane finishes and commits before it gives partitions up."),
    OVERLOAD_POLICY(
            "millrace.overload.policy",
            "wait",
            "wait | shed-oldest: answer the oldest as EXPIRED, without inference, when too many are behind them."),
    OVERLOAD_BACKLOG(
            "millrace.overload.backlog", "10000", "Requests behind one in its partition, above which it is shed."),
    REPLY_TOPICS(
            "millrace.reply.topics",
            "millrace.replies",
            "Beginnings of the topics that callers may name for replies, comma separated. Empty: no replies."),
    MODEL_DEFAULT("millrace.model.default", "", "Model of requests that name none. Default: the only live one."),
    DEVICE_REQUIRED(
            "millrace.device.required", "true", "Refuse to start, or a model, rather than fall back to the CPU."),
    CUDA_MEMORY_LIMIT(
            "millrace.cuda.memory.limit",
            "0",
            "GPU memory of one session, in bytes; 0: no limit. A lane has one for each batch of 1, 2, 4... images."),
    TRUSTED_KEYS(
            "millrace.trusted.keys",
            "",
            "Public key files or folders of *.pub, comma separated, read again at every decision. Empty: trust any."),
    ARTIFACT_LIMIT("millrace.artifact.limit", "268435456", "Largest model file, in bytes."),
    MODELS_MEMORY(
            "millrace.models.memory",
            "0",
            "Bytes that all loaded models may take: twice the file for each lane; 0: no limit."),
    CACHE(
            "millrace.models.cache",
            "",
            "Folder that keeps model files from start to start; workers may share it. Empty: none is kept."),
    CACHE_LIMIT("millrace.models.cache.limit", "1073741824", "Most bytes there; the files used longest ago go first."),
    REHEARSAL(
            "millrace.models.rehearsal",
            "true",
            "Run a version in a process of its own, on its golden vectors, before it is loaded."),
    REHEARSAL_MEMORY("millrace.models.rehearsal.memory", "2048", "Most memory of that process, in MiB."),
    REHEARSAL_TIME("millrace.models.rehearsal.time", "30s", "How long that process may take."),
    HEARTBEAT("millrace.heartbeat", "5s", "How often the status topic hears of this worker."),
    HTTP_HOST("millrace.http.host", "127.0.0.1", "Address of health and metrics."),
    HTTP_PORT("millrace.http.port", "8081", "Port of health and metrics; 0 takes a free one.");

    final String key;
    final String defaultValue;
    final String doc;

    Setting(String key, String defaultValue, String doc) {
        this.key = key;
        this.defaultValue = defaultValue;
        this.doc = doc;
    }

    static Map<String, String> defaults() {
        return Arrays.stream(values()).collect(Collectors.toMap(setting -> setting.key, s -> s.defaultValue));
    }

    static Optional<Setting> of(String key) {
        return Arrays.stream(values())
                .filter(setting -> setting.key.equals(key))
                .findFirst();
    }

    /** The known key that {@code key} most likely means. */
    static String closestTo(String key) {
        return Arrays.stream(values())
                .map(setting -> setting.key)
                .min((a, b) -> Integer.compare(distance(key, a), distance(key, b)))
                .orElseThrow();
    }

    /** Edits between two words (Levenshtein 1966). */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        Arrays.setAll(previous, j -> j);
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substitution = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(substitution, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
