package dev.millrace.worker.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.fuzz.Fuzzing;
import dev.millrace.schemas.manifest.ManifestVerifier;
import dev.millrace.schemas.manifest.UntrustedManifestException;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.wire.GoldenRecords;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.worker.model.ModelRefusedException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ControlFuzzTest {
    private static final long MOST_ALLOCATED = 1 << 20;
    private static final TopicPartition CONTROL = new TopicPartition("control", 0);
    private static final byte[] MANIFEST = new WireCodec<>(ModelManifest.class).encode(GoldenRecords.manifest());

    private final Logger readerLog = (Logger) LoggerFactory.getLogger(ControlReader.class);

    @BeforeEach
    void ignoreAMillionWarnings() {
        readerLog.setLevel(Level.OFF);
    }

    @AfterEach
    void warnAgain() {
        readerLog.setLevel(null);
    }

    @Test
    void theFoldTakesAnyControlRecordAndKeepsOnlyWhatItCanMean() {
        byte[] version = new WireCodec<>(ModelVersion.class)
                .encode(new ModelVersion(ByteBuffer.wrap(MANIFEST), "0123456789abcdef", ByteBuffer.allocate(64)));
        byte[] rollout = new WireCodec<>(dev.millrace.schemas.Rollout.class).encode(GoldenRecords.rollout());
        List<String> keys = List.of("model/fashion/3", "rollout/fashion", "rollout/other", "model/fashion/0", "?");
        try (MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest")) {
            consumer.updateBeginningOffsets(Map.of(CONTROL, 0L));
            consumer.updateEndOffsets(Map.of(CONTROL, 0L));
            ControlReader reader = new ControlReader(consumer, CONTROL.topic());
            long[] offset = {0};
            new Fuzzing("control record", List.of(version, rollout), MOST_ALLOCATED).run(input -> {
                String key = keys.get((int) (offset[0] % keys.size()));
                consumer.addRecord(new ConsumerRecord<>(CONTROL.topic(), 0, offset[0]++, key, input));
                RegistryState state = reader.poll(Duration.ZERO);
                assertThat(state.entries().size()).isLessThanOrEqualTo(3);
                state.decisions().forEach((model, decision) -> {
                    assertThat(decision.rollout().getModel()).isEqualTo(model);
                    assertThat(decision.rollout().getChampion()).isPositive();
                    // Whatever the name and the version, looking one up is no fault.
                    state.version(model, decision.rollout().getChampion());
                });
            });
        }
    }

    @Test
    void anyManifestBecomesAModelSpecOrIsRefused() {
        ManifestVerifier verifier = ManifestVerifier.trustingAnyone();
        new Fuzzing("manifest to model spec", List.of(MANIFEST), MOST_ALLOCATED).run(input -> {
            try {
                ManifestSpec.of(verifier.open(new ModelVersion(ByteBuffer.wrap(input), "", ByteBuffer.allocate(0))));
            } catch (UntrustedManifestException | ModelRefusedException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        });
    }
}
