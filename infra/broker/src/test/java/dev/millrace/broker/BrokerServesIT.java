package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What Millrace needs of a broker, whichever kind the fixture started. */
@ExtendWith(KafkaBroker.class)
class BrokerServesIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final KafkaBroker broker;
    private final String prefix = KafkaBroker.freshPrefix();
    private final String topic = prefix + "records";

    BrokerServesIT(KafkaBroker broker) {
        this.broker = broker;
    }

    @BeforeEach
    void createTopic() {
        broker.createTopic(topic, 2, Map.of("retention.ms", "3600000"));
    }

    @Test
    void givesBackWhatWasSentInTheOrderOfEachPartition() throws Exception {
        try (var producer = producer(Map.of())) {
            for (int i = 0; i < 20; i++) {
                producer.send(new ProducerRecord<>(topic, i % 2, null, "v" + i)).get();
            }
        }
        try (var consumer = consumer(Map.of())) {
            List<ConsumerRecord<String, String>> records = read(consumer, 20);
            assertThat(records)
                    .filteredOn(r -> r.partition() == 0)
                    .extracting(ConsumerRecord::value)
                    .containsExactly("v0", "v2", "v4", "v6", "v8", "v10", "v12", "v14", "v16", "v18");
            assertThat(records).filteredOn(r -> r.partition() == 1).hasSize(10);
        }
    }

    @Test
    void servesTheConsumerGroupProtocol() throws Exception {
        send("a", "b");
        try (var consumer = consumer(Map.of("group.protocol", "consumer"))) {
            assertThat(read(consumer, 2)).extracting(ConsumerRecord::value).containsExactlyInAnyOrder("a", "b");
            consumer.commitSync(LIMIT);
        }
    }

    @Test
    void hidesAnAbortedTransactionFromReadCommitted() throws Exception {
        try (var producer = producer(Map.of("transactional.id", prefix + "tx"))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, null, "aborted")).get();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, null, "committed")).get();
            producer.commitTransaction();
        }
        try (var consumer = consumer(Map.of("isolation.level", "read_committed"))) {
            assertThat(read(consumer, 1)).extracting(ConsumerRecord::value).containsExactly("committed");
        }
    }

    @Test
    void redeliversWhatAShareGroupReleased() throws Exception {
        String group = prefix + "share";
        try (Admin admin = admin()) {
            var earliest =
                    new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(
                            Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), List.of(earliest)))
                    .all()
                    .get();
        }
        send("once");
        List<Short> deliveries = new ArrayList<>();
        try (var consumer = shareConsumer(group)) {
            consumer.subscribe(List.of(topic));
            await().atMost(LIMIT).until(() -> {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
                    short count = record.deliveryCount().orElseThrow();
                    deliveries.add(count);
                    consumer.acknowledge(record, count == 1 ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
                    consumer.commitSync(LIMIT);
                }
                return deliveries.size() == 2;
            });
        }
        assertThat(deliveries).containsExactly((short) 1, (short) 2);
    }

    @Test
    void hasFinalisedTheFeaturesThatDeliveryGuaranteesNeed() throws Exception {
        try (Admin admin = admin()) {
            var features = admin.describeFeatures().featureMetadata().get().finalizedFeatures();
            assertThat(features)
                    .hasEntrySatisfying("transaction.version", range -> assertThat(range.maxVersionLevel())
                            .isEqualTo((short) 2))
                    .containsKeys("group.version", "share.version");
        }
    }

    @Test
    void doesNotCreateTopicsThatNobodyAskedFor() {
        try (var producer = producer(Map.of("max.block.ms", "2000"))) {
            var sent = producer.send(new ProducerRecord<>(prefix + "typo", "v"));
            assertThat(sent).failsWithin(LIMIT).withThrowableOfType(ExecutionException.class);
        }
        try (Admin admin = admin()) {
            assertThat(admin.describeTopics(List.of(prefix + "typo"))
                            .allTopicNames()
                            .toCompletionStage())
                    .failsWithin(LIMIT)
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(UnknownTopicOrPartitionException.class);
        }
    }

    private void send(String... values) throws Exception {
        try (var producer = producer(Map.of())) {
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, value)).get();
            }
        }
    }

    private static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        await().atMost(LIMIT).until(() -> {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
            return records.size() >= count;
        });
        return records;
    }

    private Admin admin() {
        return Admin.create(settings(Map.of()));
    }

    private KafkaProducer<String, String> producer(Map<String, Object> extra) {
        return new KafkaProducer<>(settings(extra), new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(Map<String, Object> extra) {
        Map<String, Object> settings = settings(extra);
        settings.put("group.id", prefix + "group");
        settings.put("auto.offset.reset", "earliest");
        var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(List.of(topic));
        return consumer;
    }

    private KafkaShareConsumer<String, String> shareConsumer(String group) {
        Map<String, Object> settings = settings(Map.of("group.id", group, "share.acknowledgement.mode", "explicit"));
        return new KafkaShareConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    private Map<String, Object> settings(Map<String, Object> extra) {
        Map<String, Object> settings = new HashMap<>(extra);
        settings.put("bootstrap.servers", broker.bootstrapServers());
        return settings;
    }
}
