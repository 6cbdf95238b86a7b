package dev.millrace.peers;

import ai.onnxruntime.OrtException;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;

/** Spring Boot with a batch listener: session runs of up to eight images; the container commits when all answers are acknowledged. */
@SpringBootApplication
public class SpringBatch {
    private static final int BATCH = 8;

    private final KafkaTemplate<byte[], byte[]> kafka;
    private final String results = System.getenv("RESULTS");
    private final ThreadLocal<Classifier> classifiers = ThreadLocal.withInitial(() -> {
        try {
            return new Classifier(System.getenv("MODEL"), BATCH);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    });

    /** Made by Spring. */
    public SpringBatch(KafkaTemplate<byte[], byte[]> kafka) {
        this.kafka = kafka;
    }

    /** Answers what one poll brought. */
    @KafkaListener(topics = "${REQUESTS}", groupId = "${GROUP}", concurrency = "${THREADS}", batch = "true")
    public void classify(List<ConsumerRecord<byte[], byte[]>> images) throws IOException, OrtException {
        Classifier classifier = classifiers.get();
        ImageRequest request = new ImageRequest();
        List<CompletableFuture<?>> sent = new ArrayList<>();
        for (int from = 0; from < images.size(); from += BATCH) {
            var batch = images.subList(from, Math.min(from + BATCH, images.size()));
            for (ConsumerRecord<byte[], byte[]> image : batch) {
                request = ImageRequest.getDecoder().decode(image.value(), request);
                classifier.add(request.getBytes());
            }
            classifier.run();
            for (int i = 0; i < batch.size(); i++) {
                sent.add(kafka.send(results, batch.get(i).key(), classifier.answer(i)));
            }
        }
        CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).join();
    }

    /** Runs until it is killed. */
    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(SpringBatch.class);
        String bytes = "org.apache.kafka.common.serialization.ByteArray";
        application.setDefaultProperties(Map.of(
                "spring.kafka.bootstrap-servers", "${BOOTSTRAP}",
                "spring.kafka.consumer.auto-offset-reset", "earliest",
                "spring.kafka.consumer.isolation-level", "read_committed",
                "spring.kafka.consumer.key-deserializer", bytes + "Deserializer",
                "spring.kafka.consumer.value-deserializer", bytes + "Deserializer",
                "spring.kafka.producer.key-serializer", bytes + "Serializer",
                "spring.kafka.producer.value-serializer", bytes + "Serializer",
                "spring.kafka.producer.properties.linger.ms", "1",
                "spring.main.keep-alive", "true"));
        application.run(args);
    }
}
