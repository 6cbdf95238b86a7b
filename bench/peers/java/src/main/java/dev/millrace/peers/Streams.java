package dev.millrace.peers;

import ai.onnxruntime.OrtException;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.ValueMapper;

/** A Kafka Streams topology as somebody writes it who cares for speed: bytes in, bytes out, buffers used again, answers not held back. */
public final class Streams {
    private Streams() {}

    /** Of a stream thread: its session and the request that it decodes into. */
    private static final class Mapper {
        private final Classifier classifier;
        private ImageRequest request = new ImageRequest();

        Mapper() {
            try {
                classifier = new Classifier(System.getenv("MODEL"), 1);
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }

        byte[] classify(byte[] image) {
            try {
                request = ImageRequest.getDecoder().decode(image, request);
                classifier.add(request.getBytes());
                classifier.run();
                return classifier.answer(0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Runs until it is killed. */
    public static void main(String[] args) throws InterruptedException {
        Properties settings = new Properties();
        settings.put("application.id", System.getenv("GROUP"));
        settings.put("bootstrap.servers", System.getenv("BOOTSTRAP"));
        settings.put("num.stream.threads", System.getenv("THREADS"));
        settings.put("state.dir", System.getenv("STATE"));
        settings.put("auto.offset.reset", "earliest");
        settings.put("consumer.isolation.level", "read_committed");
        settings.put("producer.linger.ms", "1"); // Kafka Streams would wait 100 ms for more answers.

        ThreadLocal<Mapper> mapper = ThreadLocal.withInitial(Mapper::new);
        ValueMapper<byte[], byte[]> classify = image -> mapper.get().classify(image);
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(System.getenv("REQUESTS"), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .mapValues(classify)
                .to(System.getenv("RESULTS"), Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        new KafkaStreams(builder.build(), settings).start();
        new CountDownLatch(1).await();
    }
}
