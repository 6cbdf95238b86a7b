package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A member joins the workers' group and leaves it again, over and over; it takes records and settles none.
 *
 * @see <a href="https://cwiki.apache.org/confluence/display/KAFKA/KIP-848">KIP-848</a>
 */
final class RebalanceStorm implements Fault {
    private static final Duration STAY = Duration.ofMillis(300);
    private static final List<String> CLASSIC = List.of(
            "--set", "kafka.group.protocol=classic",
            "--set", "kafka.session.timeout.ms=3000",
            "--set", "kafka.heartbeat.interval.ms=500");

    private final String protocol;
    private final int rounds;

    /** @param protocol of the group: {@code consumer} or {@code classic}; a share group has but its own */
    RebalanceStorm(String protocol, int rounds) {
        this.protocol = protocol;
        this.rounds = rounds;
    }

    private boolean classic() {
        return protocol.equals("classic");
    }

    @Override
    public String name() {
        return classic() ? "rebalance-storm-classic" : "rebalance-storm";
    }

    @Override
    public String what() {
        return rounds + " times a member comes and goes" + (classic() ? ", classic protocol" : "");
    }

    @Override
    public boolean appliesTo(DeliveryMode mode) {
        return !classic() || mode != DeliveryMode.QUEUE;
    }

    @Override
    public boolean quick() {
        return !classic();
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        if (classic()) {
            restartAll(rig, CLASSIC);
        }
        for (int round = 0; round < rounds; round++) {
            if (rig.mode() == DeliveryMode.QUEUE) {
                joinAndLeaveShareGroup(rig);
            } else {
                joinAndLeaveGroup(rig);
            }
            rig.pause(STAY);
        }
        Workers.requireAlive(rig);
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        if (classic()) {
            restartAll(rig, List.of());
        }
        rig.ensureServing();
    }

    /** All leave before the first joins: only an empty group may change its protocol without a migration. */
    private static void restartAll(Rig rig, List<String> more) throws IOException, InterruptedException {
        for (WorkerSlot worker : rig.workers()) {
            worker.drain();
        }
        for (WorkerSlot worker : rig.workers()) {
            worker.start(more, List.of());
        }
        rig.ensureServing();
    }

    private void joinAndLeaveGroup(Rig rig) {
        Map<String, Object> properties = member(rig);
        properties.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        try (KafkaConsumer<byte[], byte[]> passer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            passer.subscribe(List.of(rig.topics().requests()));
            passer.poll(STAY);
            passer.close(CloseOptions.timeout(STAY));
        }
    }

    private static void joinAndLeaveShareGroup(Rig rig) {
        Map<String, Object> properties = member(rig);
        properties.put("share.acknowledgement.mode", "explicit");
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
        try (KafkaShareConsumer<byte[], byte[]> passer =
                new KafkaShareConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            passer.subscribe(List.of(rig.topics().requests()));
            // What it holds when it closes is released.
            passer.poll(STAY);
        }
    }

    private static Map<String, Object> member(Rig rig) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, rig.bootstrap());
        properties.put(ConsumerConfig.GROUP_ID_CONFIG, rig.group());
        properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "passer-by");
        return properties;
    }
}
