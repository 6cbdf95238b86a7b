package dev.millrace.worker;

import static org.awaitility.Awaitility.await;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.wire.WireHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A caller's topic goes while a worker sends replies there. */
@ExtendWith(KafkaBroker.class)
class DeletedReplyTopicIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Stage stage;
    private String replies;

    @BeforeEach
    void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
        replies = stage.topics.prefix() + "replies";
    }

    @AfterEach
    void clear() {
        stage.close();
    }

    @Test
    void goesOnAtLeastOnce() throws Exception {
        goOnWithoutTheTopic("at-least-once");
    }

    @Test
    void goesOnExactlyOnceAndSendsThereAgainWhenTheTopicIsBack() throws Exception {
        goOnWithoutTheTopic("exactly-once");
        stage.create(replies, 1, Map.of());
        await().atMost(PATIENCE).until(() -> {
            send("again", replies);
            return !stage.read(replies).isEmpty();
        });
    }

    private void goOnWithoutTheTopic(String delivery) throws Exception {
        String others = replies + ".others";
        stage.create(replies, 1, Map.of());
        stage.create(others, 1, Map.of());
        stage.worker(
                "millrace.delivery",
                delivery,
                "millrace.reply.topics",
                replies,
                "kafka.max.block.ms",
                "2000",
                "kafka.request.timeout.ms",
                "1500",
                "kafka.delivery.timeout.ms",
                "2000");
        send("first", replies);
        awaitRecords(replies, 1);
        try (Admin admin = stage.admin()) {
            admin.deleteTopics(List.of(replies)).all().get();
        }
        for (int i = 0; i < 20; i++) {
            send("later-" + i, replies);
        }
        send("other", others);

        awaitRecords(stage.topics.results(), 22);
        awaitRecords(others, 1);
    }

    private void send(String id, String replyTo) {
        RecordHeader to = new RecordHeader(WireHeaders.REPLY_TOPIC, replyTo.getBytes(StandardCharsets.UTF_8));
        stage.send(Stage.request(id, 0, 1), null, id, List.of(to));
    }

    private void awaitRecords(String topic, int count) {
        await().atMost(PATIENCE).until(() -> stage.read(topic).size() >= count);
    }
}
