package dev.millrace.peers;

import dev.millrace.schemas.ImageRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's consumer, a session run for each record, Kafka's producer. Offsets are committed when the answers of a poll are acknowledged. */
public final class KafkaLoop {
    private KafkaLoop() {}

    /** Runs until it is killed. */
    public static void main(String[] args) throws Exception {
        String results = System.getenv("RESULTS");
        Map<String, Object> consuming = Map.of(
                "bootstrap.servers", System.getenv("BOOTSTRAP"),
                "group.id", System.getenv("GROUP"),
                "group.protocol", "consumer",
                "auto.offset.reset", "earliest",
                "isolation.level", "read_committed",
                "enable.auto.commit", false);
        Map<String, Object> producing = Map.of("bootstrap.servers", System.getenv("BOOTSTRAP"), "linger.ms", 1);
        ImageRequest request = new ImageRequest();
        try (Classifier classifier = new Classifier(System.getenv("MODEL"), 1);
                var consumer = new KafkaConsumer<>(consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                var producer = new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer())) {
            consumer.subscribe(List.of(System.getenv("REQUESTS")));
            while (true) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofSeconds(1));
                for (ConsumerRecord<byte[], byte[]> image : records) {
                    request = ImageRequest.getDecoder().decode(image.value(), request);
                    classifier.add(request.getBytes());
                    classifier.run();
                    producer.send(new ProducerRecord<>(results, image.key(), classifier.answer(0)));
                }
                if (!records.isEmpty()) {
                    producer.flush();
                    consumer.commitAsync();
                }
            }
        }
    }
}
