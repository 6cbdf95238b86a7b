package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.manifest.ManifestKeys;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(KafkaBroker.class)
class WorkerIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Stage stage;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @Test
    void answersEveryRequestWithItsLabelUnderItsOwnKey() throws Exception {
        byte[] onnx = Stage.onnx(0);
        stage.publish(1, onnx);
        stage.worker();
        Map<String, Integer> labels = new HashMap<>();
        for (int i = 0; i < 200; i++) {
            labels.put("r" + i, i % Stage.CLASSES);
            stage.send(Stage.request("r" + i, 0, i % Stage.CLASSES));
        }

        await().atMost(PATIENCE).until(() -> stage.results().size() >= 200);

        assertThat(stage.results()).hasSize(200).allSatisfy(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            assertThat(result.getLabels()).first().satisfies(best -> {
                assertThat(best.getIndex()).isEqualTo(labels.get(result.getRequestId()));
                assertThat(best.getLabel()).isEqualTo("label " + best.getIndex());
            });
            assertThat(result.getLabels().stream()
                            .mapToDouble(ScoredLabel::getScore)
                            .sum())
                    .isBetween(0.999, 1.001);
            assertThat(result.getModel()).isEqualTo("tiny");
            assertThat(result.getVersion()).isEqualTo(1);
            assertThat(result.getSha256()).isEqualTo(ManifestKeys.sha256(onnx));
            assertThat(result.getDevice()).isEqualTo("cpu:none");
            assertThat(result.getArm()).isEqualTo(RolloutArm.CHAMPION);
            assertThat(result.getBatchSize()).isBetween(1, 8);
            assertThat(result.getWorker()).isEqualTo("worker-0");
        });
        assertThat(stage.read(stage.topics.results()))
                .extracting(ConsumerRecord::key)
                .containsExactlyInAnyOrderElementsOf(labels.keySet());
        assertThat(stage.read(stage.topics.deadLetters())).isEmpty();
    }

    @Test
    void keepsImagesApartThatNameTheSameModelInDifferentWays() throws Exception {
        stage.publish(1, Stage.onnx(0));
        Map<String, Integer> labels = new HashMap<>();
        for (int i = 0; i < 120; i++) {
            ImageRequest request = Stage.request("r" + i, 0, i % Stage.CLASSES);
            request.setModel(i % 3 == 0 ? "" : "tiny");
            request.setVersion(i % 3 == 2 ? 1 : null);
            labels.put("r" + i, i % Stage.CLASSES);
            // One key, so that they lie side by side in one partition; sent before a lane polls, so that they share
            // polls.
            stage.sendRaw("one", stage.encode(request));
        }
        stage.worker();

        await().atMost(PATIENCE).until(() -> stage.results().size() >= 120);

        assertThat(stage.results()).hasSize(120).allSatisfy(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            assertThat(result.getLabels().get(0).getIndex()).isEqualTo(labels.get(result.getRequestId()));
            boolean pinned = Integer.parseInt(result.getRequestId().substring(1)) % 3 == 2;
            assertThat(result.getArm()).isEqualTo(pinned ? RolloutArm.PINNED : RolloutArm.CHAMPION);
        });
        assertThat(stage.results())
                .anySatisfy(result -> assertThat(result.getBatchSize()).isGreaterThan(1));
    }

    @Test
    void commitsOnlyWhatIsAnsweredAndEndsWithNothingOwed() throws Exception {
        stage.publish(1, Stage.onnx(0));
        Worker worker = stage.worker();
        for (int i = 0; i < 100; i++) {
            stage.send(Stage.request("r" + i, 0, 0));
        }
        await().atMost(PATIENCE).until(() -> stage.results().size() >= 100);
        worker.stop();

        try (Admin admin = stage.admin()) {
            Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(
                            stage.topics.prefix() + "group")
                    .partitionsToOffsetAndMetadata()
                    .get();
            assertThat(committed.values().stream()
                            .mapToLong(OffsetAndMetadata::offset)
                            .sum())
                    .isEqualTo(100);
        }
    }

    @Test
    void handsOverToAnotherWorkerWithoutARepeatWhenItDrains() throws Exception {
        stage.publish(1, Stage.onnx(0));
        Worker first = stage.worker();
        for (int i = 0; i < 300; i++) {
            stage.send(Stage.request("r" + i, 0, 0));
        }
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());
        first.stop();
        stage.worker();
        for (int i = 300; i < 400; i++) {
            stage.send(Stage.request("r" + i, 0, 0));
        }

        await().atMost(PATIENCE).until(() -> stage.results().size() >= 400);
        assertThat(stage.results())
                .extracting(InferenceResult::getRequestId)
                .doesNotHaveDuplicates()
                .hasSize(400);
    }

    @Test
    void sharesThePartitionsBetweenLanes() throws Exception {
        stage.publish(1, Stage.onnx(0));
        Worker worker = stage.worker("millrace.lanes", "cpu:none x2");

        await().atMost(PATIENCE).until(() -> worker.lanes().stream()
                .allMatch(lane -> lane.partitions().size() == Stage.PARTITIONS / 2));
        Set<Integer> owned = new HashSet<>();
        worker.lanes().forEach(lane -> owned.addAll(lane.partitions()));
        assertThat(owned).hasSize(Stage.PARTITIONS);
    }

    @Test
    void waitsForAModelAndThenAnswersWhatHasPiledUp() throws Exception {
        Worker worker = stage.worker();
        for (int i = 0; i < 10; i++) {
            stage.send(Stage.request("r" + i, 0, 1));
        }
        await().atMost(PATIENCE).until(() -> get(worker, "/health/ready").body().contains("WAITING_FOR_MODEL"));
        assertThat(get(worker, "/health/ready").statusCode()).isEqualTo(503);
        assertThat(get(worker, "/health/live").statusCode()).isEqualTo(200);
        assertThat(get(worker, "/v2/models/tiny/ready").statusCode()).isEqualTo(404);
        assertThat(stage.results()).isEmpty();

        stage.publish(1, Stage.onnx(0));

        await().atMost(PATIENCE).until(() -> stage.results().size() >= 10);
        await().atMost(PATIENCE).until(() -> get(worker, "/health/ready").statusCode() == 200);
        assertThat(get(worker, "/metrics").body())
                .contains("inference_requests_total{model=\"tiny\",outcome=\"OK\",version=\"1\"} 10.0")
                .contains("inference_model_info{model=\"tiny\",precision=\"fp32\"")
                .contains("kafka_consumer_");
        assertThat(get(worker, "/v2/models/tiny/versions/1/ready").statusCode()).isEqualTo(200);
        assertThat(get(worker, "/v2/models/tiny").body())
                .isEqualTo("{\"name\":\"tiny\",\"versions\":[\"1\"],\"platform\":\"onnxruntime_onnx\","
                        + "\"inputs\":[{\"name\":\"pixels\",\"datatype\":\"UINT8\",\"shape\":[-1,1,4,4]}],"
                        + "\"outputs\":[{\"name\":\"logits\",\"datatype\":\"FP32\",\"shape\":[-1,4]}]}");
    }

    @Test
    void swapsToANewVersionBetweenBatchesAndFailsNothing() throws Exception {
        stage.publish(1, Stage.onnx(0));
        stage.worker();
        int sent = 0;
        for (; sent < 100; sent++) {
            stage.send(Stage.request("r" + sent, 0, 0));
        }
        stage.publish(2, Stage.onnx(1));
        do {
            stage.send(Stage.request("r" + sent++, 0, 0));
        } while (sent < 5000 && answeredBy(2) == 0);
        int total = sent;

        await().atMost(PATIENCE).until(() -> stage.results().size() >= total);

        assertThat(answeredBy(1)).isPositive();
        assertThat(answeredBy(2)).isPositive();
        assertThat(stage.results()).hasSize(total).allSatisfy(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            int expected = result.getVersion() == 1 ? 0 : 1;
            assertThat(result.getLabels().get(0).getIndex()).isEqualTo(expected);
        });
    }

    @Test
    void keepsServingTheOldVersionWhenTheNewOneIsNotWhatItSays() throws Exception {
        byte[] good = Stage.onnx(0);
        stage.publish(1, good);
        Worker worker = stage.worker();
        await().atMost(PATIENCE).until(worker.firstModel()::isDone);

        // The chunks are another model's: no chunk has the hash that the manifest announces.
        stage.publish(Stage.manifest(2, Stage.onnx(2)), Stage.onnx(3), signed -> signed);
        // One after the other: a decision that a newer one has superseded is not tried any more.
        awaitRefused(worker, 1);
        // A signature that belongs to another manifest.
        stage.publish(Stage.manifest(3, good), good, signed -> {
            signed.setSignature(ByteBuffer.wrap(new byte[64]));
            return signed;
        });
        awaitRefused(worker, 2);
        // Signed by somebody else.
        stage.publish(Stage.manifest(4, good), good, signed -> {
            signed.setKeyId("0000000000000000");
            return signed;
        });
        awaitRefused(worker, 3);
        // Not a model at all, though its hash is right.
        stage.publish(5, new byte[] {1, 2, 3});

        awaitRefused(worker, 4);
        stage.send(Stage.request("after", 0, 2));
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());
        assertThat(stage.results()).singleElement().satisfies(result -> {
            assertThat(result.getStatus()).isEqualTo(ResultStatus.OK);
            assertThat(result.getVersion()).isEqualTo(1);
        });
        assertThat(stage.lastStatus("worker-0").getModels()).singleElement().satisfies(model -> {
            assertThat(model.getVersion()).isEqualTo(5);
            assertThat(model.getDetail()).isNotBlank();
        });
    }

    private static void awaitRefused(Worker worker, int times) {
        String counter = "inference_model_swaps_total{result=\"refused\"} " + times + ".0";
        await().atMost(PATIENCE).until(() -> get(worker, "/metrics").body().contains(counter));
    }

    @Test
    void waitsForAMissingDeadLetterTopicAndGoesOnByItself() throws Exception {
        stage.publish(1, Stage.onnx(0));
        try (Admin admin = stage.admin()) {
            admin.deleteTopics(List.of(stage.topics.deadLetters())).all().get();
            Worker worker = stage.worker("kafka.max.block.ms", "1000");
            stage.sendRaw("same", new byte[] {9});
            stage.sendRaw("same", stage.encode(Stage.request("behind", 0, 3)));

            await().atMost(PATIENCE)
                    .until(() -> get(worker, "/health/ready").body().contains("publish:"));
            assertThat(get(worker, "/health/ready").statusCode()).isEqualTo(503);
            assertThat(get(worker, "/status").body())
                    .containsPattern("\"lastError\":\\{\"message\":\"publish:[^}]*\"ongoing\":true}");

            admin.createTopics(List.of(new NewTopic(stage.topics.deadLetters(), 1, (short) 1)))
                    .all()
                    .get();
            await().atMost(PATIENCE)
                    .until(() -> !stage.read(stage.topics.deadLetters()).isEmpty());
            await().atMost(PATIENCE).until(() -> get(worker, "/health/ready").statusCode() == 200);
            assertThat(get(worker, "/status").body())
                    .containsPattern("\"lastError\":\\{\"message\":\"publish:[^}]*\"ongoing\":false}");
            assertThat(stage.results())
                    .extracting(InferenceResult::getRequestId)
                    .contains("behind");
        }
    }

    @Test
    void keepsWhatHasNoAnswerThatABrokerWouldTake() throws Exception {
        stage.publish(1, Stage.onnx(0));
        try (Admin admin = stage.admin()) {
            // So that a REJECTED result, which quotes nothing large any more, is too large all the same.
            admin.incrementalAlterConfigs(Map.of(
                            new ConfigResource(ConfigResource.Type.TOPIC, stage.topics.results()),
                            List.of(new AlterConfigOp(
                                    new ConfigEntry("max.message.bytes", "3000"), AlterConfigOp.OpType.SET))))
                    .all()
                    .get();
        }
        Worker worker = stage.worker();
        ImageRequest large = Stage.request("k".repeat(990), 0, 1);
        large.setModel("m".repeat(900_000));
        stage.sendRaw("k".repeat(5_000), stage.encode(large));
        stage.send(Stage.request("small", 0, 1));

        await().atMost(PATIENCE).until(() -> stage.read(stage.topics.deadLetters()).stream()
                .anyMatch(letter -> letter.headers().lastHeader("x-payload-omitted") != null));
        await().atMost(PATIENCE).until(() -> !stage.results().isEmpty());
        assertThat(stage.results()).extracting(InferenceResult::getRequestId).containsExactly("small");
        await().atMost(PATIENCE).until(() -> worker.lanes().stream()
                .allMatch(lane -> lane.inFlight() == 0 && lane.lastError() == null));
    }

    @Test
    void refusesADecisionThatNamesNoVersionAndGoesOnWithTheNext() throws Exception {
        stage.send(
                stage.topics.control(),
                "rollout/tiny",
                stage.encode(new Rollout("tiny", 0, Instant.EPOCH, "test", "", 0, 0, null, Map.of(), 0, List.of())));
        stage.send(
                stage.topics.control(),
                "rollout/other",
                stage.encode(new Rollout("tiny", 1, Instant.EPOCH, "test", "", 0, 1, null, Map.of(), 0, List.of())));
        stage.publish(1, Stage.onnx(0));
        Worker worker = stage.worker();

        await().atMost(PATIENCE).until(worker.firstModel()::isDone);
    }

    @Test
    void leavesATombstoneOnTheStatusTopic() throws Exception {
        stage.publish(1, Stage.onnx(0));
        Worker worker = stage.worker();
        await().atMost(PATIENCE)
                .until(() -> stage.read(stage.topics.status()).stream().anyMatch(found -> found.value() != null));
        worker.stop();

        List<ConsumerRecord<String, byte[]>> status = stage.read(stage.topics.status());
        assertThat(status.get(status.size() - 1)).satisfies(last -> {
            assertThat(last.key()).isEqualTo("worker-0");
            assertThat(last.value()).isNull();
        });
    }

    @Test
    void saysThatItsHttpPortIsInUse() throws Exception {
        Worker first = stage.worker();

        assertThatThrownBy(() -> stage.worker("millrace.http.port", Integer.toString(first.httpPort())))
                .isInstanceOf(WorkerStartException.class)
                .hasMessageContaining("millrace.http.port: " + first.httpPort() + " (expected: a free port");
    }

    private long answeredBy(int version) {
        return stage.results().stream()
                .filter(result -> result.getVersion() != null && result.getVersion() == version)
                .count();
    }

    private static HttpResponse<String> get(Worker worker, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + worker.httpPort() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
