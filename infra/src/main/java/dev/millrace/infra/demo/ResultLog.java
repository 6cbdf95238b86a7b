package dev.millrace.infra.demo;

import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Everything that is on the results topic, counted. One thread. */
final class ResultLog {
    private static final Duration POLL = Duration.ofMillis(200);

    private final WireCodec<InferenceResult> codec = new WireCodec<>(InferenceResult.class);
    private final Set<String> sources = new HashSet<>();
    private final Map<Long, List<Answered>> epochs = new HashMap<>();
    private int duplicated;

    private record Answered(String worker, Instant at, RolloutArm arm) {}

    /** Reads to where the topic ends now. */
    static ResultLog read(String bootstrap, String topic) throws DemoException {
        ResultLog log = new ResultLog();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(POLL).forEach(record -> log.add(record.value()));
            }
        }
        return log;
    }

    private void add(byte[] value) {
        try {
            InferenceResult result = codec.decode(value);
            String source =
                    result.getSourceTopic() + "/" + result.getSourcePartition() + "/" + result.getSourceOffset();
            if (!sources.add(source)) {
                duplicated++;
            } else if (result.getEpoch() != null) {
                epochs.computeIfAbsent(result.getEpoch(), epoch -> new ArrayList<>())
                        .add(new Answered(result.getWorker(), result.getCompletedAt(), result.getArm()));
            }
        } catch (MalformedRecordException e) {
            throw new IllegalStateException("result: " + e.getMessage(), e);
        }
    }

    /** Results beyond the first of a request. */
    int duplicated() {
        return duplicated;
    }

    /**
     * How much of what was answered under a decision the challenger answered, 0 to 1: of each worker from its first such answer on, since
     * until then it was still loading it.
     */
    double challengerShare(long epoch) {
        List<Answered> all = epochs.getOrDefault(epoch, List.of());
        Map<String, Instant> begun = all.stream()
                .filter(answer -> answer.arm() == RolloutArm.CHALLENGER)
                .collect(Collectors.toMap(Answered::worker, Answered::at, (a, b) -> a.isBefore(b) ? a : b));
        List<RolloutArm> arms = all.stream()
                .filter(answer -> answer.arm() == RolloutArm.CHALLENGER || answer.arm() == RolloutArm.CHAMPION)
                .filter(answer ->
                        begun.containsKey(answer.worker()) && answer.at().isAfter(begun.get(answer.worker())))
                .map(Answered::arm)
                .toList();
        long challenger = arms.stream().filter(RolloutArm.CHALLENGER::equals).count();
        return arms.isEmpty() ? 0 : (double) challenger / arms.size();
    }
}
