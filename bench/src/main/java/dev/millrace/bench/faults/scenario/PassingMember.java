package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.worker.delivery.DeliveryMode;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A member of the workers' group that joins, takes records, settles none, and leaves. */
final class PassingMember {
    private static final Duration STAY = Duration.ofMillis(300);

    private PassingMember() {}

    /** @param protocol of the group: {@code consumer} or {@code classic}; a share group has but its own */
    static void joinAndLeave(Rig rig, String protocol) {
        if (rig.mode() == DeliveryMode.QUEUE) {
            joinAndLeaveShareGroup(rig);
        } else {
            joinAndLeaveGroup(rig, protocol);
        }
    }

    private static void joinAndLeaveGroup(Rig rig, String protocol) {
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
