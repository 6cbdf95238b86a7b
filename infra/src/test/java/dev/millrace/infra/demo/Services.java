package dev.millrace.infra.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.infra.CommandProcess;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.TopicProvisioner;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ManifestDraft;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.ModelRegistry.Decided;
import dev.millrace.trainer.publish.ModelRegistry.Start;
import dev.millrace.trainer.rollout.RolloutCommand;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A broker, workers and a judge in processes of their own, and a key that the workers trust. Test thread only. */
final class Services implements AutoCloseable {
    static final Topics TOPICS = Topics.standard();
    static final Duration LIMIT = Duration.ofMinutes(2);

    private final Path folder;
    private final String model;
    private final KeyPair keys = ManifestKeys.generate();
    private final Map<String, CommandProcess> processes = new LinkedHashMap<>();
    private String bootstrap = "";

    /** @param model that everything published is a version of */
    Services(Path folder, String model) {
        this.folder = folder;
        this.model = model;
    }

    String bootstrap() {
        return bootstrap;
    }

    ManifestSigner signer() {
        return new ManifestSigner(keys.getPrivate(), keys.getPublic());
    }

    void startBroker() throws Exception {
        CommandProcess broker = start("broker", "broker", "--port", "0");
        bootstrap = broker.awaitOutput("ready at (\\S+:\\d+) ", LIMIT).group(1);
        ManifestKeys.write(keys, folder.resolve("release"));
        try (Admin admin = admin()) {
            new TopicProvisioner(admin).createMissing(TOPICS.catalogue(6, (short) 1));
        }
    }

    Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    private CommandProcess start(String name, String... arguments) throws Exception {
        CommandProcess process = CommandProcess.start(Files.createDirectories(folder.resolve(name)), arguments);
        processes.put(name, process);
        return process;
    }

    /** Starts a worker and waits until it serves. */
    void startWorker(String id, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("worker", "--bootstrap", bootstrap, "--id", id));
        arguments.addAll(List.of("--lanes", "cpu:none", "--http-port", "0"));
        arguments.addAll(List.of("--trusted-keys", folder.resolve("release.pub").toString()));
        arguments.addAll(List.of("--set", "millrace.heartbeat=1s"));
        arguments.addAll(List.of(more));
        start(id, arguments.toArray(String[]::new)).awaitOutput("^Worker \\S+ serving ", LIMIT);
    }

    /** SIGKILL, and the same worker again. */
    void killAndRestart(String id, String... more) throws Exception {
        CommandProcess process = Objects.requireNonNull(processes.get(id));
        process.kill();
        process.awaitExit(LIMIT);
        startWorker(id, more);
    }

    void startJudge(String policyText) throws Exception {
        Path policy = Files.writeString(folder.resolve("policy.yaml"), policyText);
        start(
                        "judge",
                        "trainer",
                        "--roles",
                        "judge",
                        "--bootstrap",
                        bootstrap,
                        "--policy",
                        policy.toString(),
                        "--every",
                        "500ms")
                .awaitOutput("^Judging\\.", LIMIT);
    }

    ModelRegistry registry() {
        return new ModelRegistry(Map.of("bootstrap.servers", bootstrap), TOPICS);
    }

    void publish(byte[] onnx, Start start) throws Exception {
        registry().publish(onnx, ManifestDraft.of(onnx, model, null), signer(), start, "test", "");
    }

    Decided decide(RolloutCommand command) throws Exception {
        return registry().decide(command, "test", "");
    }

    CommandProcess process(String name) {
        return Objects.requireNonNull(processes.get(name));
    }

    /** What a worker says of itself. */
    JsonNode status(String worker) throws Exception {
        String address = process(worker)
                .awaitOutput("health at (http://\\S+?)/health/ready", LIMIT)
                .group(1);
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/status"))
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        return new ObjectMapper()
                .readTree(HttpClient.newHttpClient()
                        .send(request, HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    /** Every committed record of a topic so far. */
    List<ConsumerRecord<String, byte[]>> read(String topic) {
        List<ConsumerRecord<String, byte[]>> found = new ArrayList<>();
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
                new StringDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofMillis(100)).forEach(found::add);
            }
        }
        return found;
    }

    /** In reverse. */
    @Override
    public void close() {
        List<CommandProcess> last = new ArrayList<>(processes.values());
        for (int i = last.size() - 1; i >= 0; i--) {
            last.get(i).close();
        }
    }
}
