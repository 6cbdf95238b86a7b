package dev.millrace.peers;

import ai.onnxruntime.OrtException;
import dev.millrace.schemas.ImageRequest;
import io.confluent.parallelconsumer.ParallelConsumerOptions;
import io.confluent.parallelconsumer.ParallelConsumerOptions.ProcessingOrder;
import io.confluent.parallelconsumer.ParallelStreamProcessor;
import io.confluent.parallelconsumer.PollContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Confluent's Parallel Consumer: batches of up to eight images for each of its threads, in any order. */
public final class Parallel {
    private static final int BATCH = 8;

    private static final ThreadLocal<Classifier> CLASSIFIERS = ThreadLocal.withInitial(() -> {
        try {
            return new Classifier(System.getenv("MODEL"), BATCH);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    });

    private Parallel() {}

    private static List<ProducerRecord<byte[], byte[]>> classify(PollContext<byte[], byte[]> context) {
        Classifier classifier = CLASSIFIERS.get();
        List<ConsumerRecord<byte[], byte[]>> images = context.getConsumerRecordsFlattened();
        try {
            ImageRequest request = new ImageRequest();
            for (ConsumerRecord<byte[], byte[]> image : images) {
                request = ImageRequest.getDecoder().decode(image.value(), request);
                classifier.add(request.getBytes());
            }
            classifier.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
        List<ProducerRecord<byte[], byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            answers.add(new ProducerRecord<>(System.getenv("RESULTS"), images.get(i).key(), classifier.answer(i)));
        }
        return answers;
    }

    /** Runs until it is killed. */
    public static void main(String[] args) {
        Map<String, Object> consuming = Map.of(
                "bootstrap.servers", System.getenv("BOOTSTRAP"),
                "group.id", System.getenv("GROUP"),
                "auto.offset.reset", "earliest",
                "isolation.level", "read_committed",
                "enable.auto.commit", false);
        Map<String, Object> producing = Map.of("bootstrap.servers", System.getenv("BOOTSTRAP"), "linger.ms", 1);
        var options = ParallelConsumerOptions.<byte[], byte[]>builder()
                .consumer(new KafkaConsumer<>(consuming, new ByteArrayDeserializer(), new ByteArrayDeserializer()))
                .producer(new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer()))
                .ordering(ProcessingOrder.UNORDERED)
                .maxConcurrency(Integer.parseInt(System.getenv("THREADS")))
                .batchSize(BATCH)
                .build();
        ParallelStreamProcessor<byte[], byte[]> processor = ParallelStreamProcessor.createEosStreamProcessor(options);
        processor.subscribe(List.of(System.getenv("REQUESTS")));
        processor.pollAndProduceMany(Parallel::classify);
    }
}
