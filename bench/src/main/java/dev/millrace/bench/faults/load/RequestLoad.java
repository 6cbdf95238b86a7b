package dev.millrace.bench.faults.load;

import dev.millrace.bench.faults.history.Event.Abandoned;
import dev.millrace.bench.faults.history.Event.Accepted;
import dev.millrace.bench.faults.history.Event.Sent;
import dev.millrace.bench.faults.history.History;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.wire.WireSerializer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Sends requests at a steady rate, open loop: a broker that is away delays them, and none is skipped. What it sends
 * depends on the seed alone. Its own thread sends; {@link #send} may be called from any other one, too.
 */
public final class RequestLoad implements AutoCloseable {
    private static final int KEYS = 16;
    private static final int NO_LABEL = -1;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(5);

    private final Producer<String, SpecificRecord> producer;
    private final String topic;
    private final TestImages images;
    private final History history;
    private final String name;
    private final Random random;
    private final long intervalNanos;
    private final AtomicInteger sent = new AtomicInteger();
    private final Thread thread;
    private volatile boolean stopping;

    private RequestLoad(
            Producer<String, SpecificRecord> producer, String topic, TestImages images, History history, Pace pace) {
        this.producer = producer;
        this.topic = topic;
        this.images = images;
        this.history = history;
        this.name = pace.name();
        this.random = new Random(pace.seed());
        this.intervalNanos = 1_000_000_000L / pace.perSecond();
        this.thread = new Thread(this::run, "load");
    }

    /**
     * What is sent.
     *
     * @param name begins every request id; unique per run
     * @param perSecond requests in a second
     * @param seed of the keys and images
     */
    public record Pace(String name, int perSecond, long seed) {}

    /** Starts sending to {@code topic}; what happens goes into {@code history}. */
    public static RequestLoad start(String bootstrap, String topic, TestImages images, History history, Pace pace) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // Forgetting the topic while its broker is away would make the next send wait.
        properties.put(CommonClientConfigs.METADATA_RECOVERY_STRATEGY_CONFIG, MetadataRecoveryStrategy.NONE.name);
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, "load-" + pace.name());
        RequestLoad load = new RequestLoad(
                new KafkaProducer<>(properties, new StringSerializer(), new WireSerializer()),
                topic,
                images,
                history,
                pace);
        load.thread.start();
        return load;
    }

    private void run() {
        long next = System.nanoTime();
        while (!stopping) {
            send("camera-" + random.nextInt(KEYS), random.nextInt(images.size()));
            next += intervalNanos;
            LockSupport.parkNanos(next - System.nanoTime());
        }
    }

    /**
     * Sends one request more.
     *
     * @return its id
     */
    public String send(String key) {
        return send(key, 0);
    }

    /**
     * Sends one request more, whose checksum is not that of its bytes: it is refused, and kept as a dead letter.
     *
     * @return its id
     */
    public String sendDamaged(String key) {
        String id = nextId();
        ImageRequest damaged = images.request(id, 0);
        damaged.setCrc32c(1 + damaged.getCrc32c());
        send(key, damaged, NO_LABEL);
        return id;
    }

    private String send(String key, int image) {
        String id = nextId();
        send(key, images.request(id, image), image);
        return id;
    }

    private String nextId() {
        return String.format(Locale.ROOT, "%s-%05d", name, sent.getAndIncrement());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback says the same.
    private void send(String key, ImageRequest request, int image) {
        String id = request.getRequestId();
        history.add(micros -> new Sent(micros, id));
        try {
            producer.send(new ProducerRecord<>(topic, key, request), (metadata, failure) -> {
                if (failure == null) {
                    history.add(micros -> new Accepted(micros, id, metadata.partition(), metadata.offset(), image));
                } else {
                    abandon(id, failure);
                }
            });
        } catch (RuntimeException e) {
            abandon(id, e);
        }
    }

    private void abandon(String id, Exception failure) {
        history.add(micros -> new Abandoned(micros, id, failure.toString()));
    }

    /** How many requests have been sent. */
    public int sent() {
        return sent.get();
    }

    /** Sends no more; what is on its way stays on its way. */
    public void end() {
        stopping = true;
        LockSupport.unpark(thread);
    }

    /** Stops sending, and returns once every request is acknowledged or given up. */
    public void stop() throws InterruptedException {
        end();
        thread.join();
        producer.flush();
    }

    @Override
    public void close() {
        end();
        producer.close(CLOSE_PATIENCE);
    }
}
