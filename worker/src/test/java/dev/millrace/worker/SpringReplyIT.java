package dev.millrace.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.KafkaBroker;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;
import org.springframework.kafka.requestreply.RequestReplyFuture;

/** Spring Kafka's request-reply, as producer/README.md has it, against a worker. */
@ExtendWith(KafkaBroker.class)
class SpringReplyIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static Stage stage;
    private static AnnotationConfigApplicationContext spring;

    @BeforeAll
    static void setTheStage(KafkaBroker broker, @TempDir Path dir) throws Exception {
        stage = new Stage(broker, dir);
        stage.publish(1, Stage.onnx(0));
        stage.createMissing("millrace.replies", 2);
        spring = new AnnotationConfigApplicationContext();
        spring.getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource(
                        "test",
                        Map.of(
                                "spring.kafka.bootstrap-servers",
                                broker.bootstrapServers(),
                                "millrace.requests",
                                stage.topics.requests())));
        spring.register(ImageCalls.class);
        spring.refresh();
    }

    @AfterAll
    static void clear() {
        spring.close();
        stage.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at-least-once", "exactly-once"})
    void everyCallIsAnsweredWithItsOwnResult(String delivery) throws Exception {
        Worker worker = stage.worker("millrace.delivery", delivery);
        ReplyingKafkaTemplate<String, ImageRequest, InferenceResult> template = template();
        assertThat(template.waitForAssignment(PATIENCE)).isTrue();

        for (int label = 0; label < Stage.CLASSES; label++) {
            InferenceResult answer = spring.getBean(ImageCalls.class).classify(png(label));
            assertThat(answer.getStatus()).isEqualTo(ResultStatus.OK);
            assertThat(answer.getLabels().get(0).getLabel()).isEqualTo("label " + label);
        }
        Map<String, RequestReplyFuture<String, ImageRequest, InferenceResult>> calls = new HashMap<>();
        for (int i = 0; i < 200; i++) {
            ImageRequest request = Stage.request("call-" + i, 0, i % Stage.CLASSES);
            calls.put(
                    request.getRequestId(),
                    template.sendAndReceive(
                            new ProducerRecord<>(stage.topics.requests(), request.getRequestId(), request)));
        }
        List<String> answered = new ArrayList<>();
        for (var call : calls.entrySet()) {
            ConsumerRecord<String, InferenceResult> reply = call.getValue().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(reply.key()).isEqualTo(call.getKey());
            assertThat(reply.value().getRequestId()).isEqualTo(call.getKey());
            answered.add(call.getKey());
        }
        assertThat(answered).hasSize(200);
        worker.stop();
    }

    @SuppressWarnings("unchecked") // The only one there is.
    private static ReplyingKafkaTemplate<String, ImageRequest, InferenceResult> template() {
        return spring.getBean(ReplyingKafkaTemplate.class);
    }

    private static byte[] png(int label) throws IOException {
        BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setDataElements(0, 0, 4, 4, Stage.image(0, label));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }
}
