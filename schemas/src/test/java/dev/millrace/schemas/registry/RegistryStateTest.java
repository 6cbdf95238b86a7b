package dev.millrace.schemas.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.topic.ControlKey;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RegistryStateTest {
    private record Event(
            ControlKey key, long offset, @Nullable SpecificRecord value) {}

    @Test
    void namesTheChampionWithItsEpoch() {
        RegistryState state = RegistryState.EMPTY.with(new ControlKey.RolloutOf("a"), 7, rollout("a", 2));

        assertThat(state.decision("a")).isEqualTo(new RegistryState.Decision(rollout("a", 2), 7));
    }

    @Test
    void ignoresAnOlderDecisionThatComesLate() {
        RegistryState state = RegistryState.EMPTY
                .with(new ControlKey.RolloutOf("a"), 7, rollout("a", 2))
                .with(new ControlKey.RolloutOf("a"), 3, rollout("a", 1));

        assertThat(state.decision("a")).isEqualTo(new RegistryState.Decision(rollout("a", 2), 7));
    }

    @Test
    void forgetsARetiredVersionEvenWhenItsRecordIsReplayed() {
        ControlKey key = new ControlKey.Model("a", 1);
        RegistryState state =
                RegistryState.EMPTY.with(key, 4, version()).with(key, 9, null).with(key, 4, version());

        assertThat(state.version("a", 1)).isNull();
    }

    @Test
    void endsInTheSameStateWhateverIsDuplicatedReplayedOrReordered() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<Event> log = randomLog(random);
            RegistryState inOrder = fold(log);

            List<Event> chaos = new ArrayList<>(log);
            for (int i = 0; i < 10; i++) {
                chaos.add(log.get(random.nextInt(log.size())));
            }
            Collections.shuffle(chaos, random);

            assertThat(fold(chaos)).as("seed %d", seed).isEqualTo(inOrder);
            assertThat(fold(compacted(log)).decisions()).as("seed %d", seed).isEqualTo(inOrder.decisions());
        }
    }

    @Test
    void countsVersionsPerName() {
        RegistryState state = RegistryState.EMPTY.with(new ControlKey.Model("a", 1), 0, version());

        assertThat(state.latest("a")).isEqualTo(1);
        assertThat(state.latest("b")).isZero();
    }

    @Test
    void neverCountsAVersionTwiceAfterItsManifestIsGone() {
        RegistryState retired = RegistryState.EMPTY
                .with(new ControlKey.Model("a", 3), 0, version())
                .with(new ControlKey.Model("a", 3), 1, null);
        RegistryState compacted = RegistryState.EMPTY.with(
                new ControlKey.RolloutOf("a"),
                2,
                new Rollout("a", 1, Instant.EPOCH, "test", "", 0, 3, null, Map.of(), 0, List.of()));

        assertThat(retired.versions()).isEmpty();
        assertThat(retired.latest("a")).isEqualTo(3);
        assertThat(compacted.latest("a")).isEqualTo(3);
    }

    private static List<Event> randomLog(Random random) {
        List<Event> log = new ArrayList<>();
        for (int offset = 0; offset < 30; offset++) {
            String model = "m" + random.nextInt(3);
            boolean tombstone = random.nextInt(5) == 0;
            if (random.nextBoolean()) {
                log.add(new Event(
                        new ControlKey.RolloutOf(model),
                        offset,
                        tombstone ? null : rollout(model, 1 + random.nextInt(4))));
            } else {
                log.add(new Event(
                        new ControlKey.Model(model, 1 + random.nextInt(4)), offset, tombstone ? null : version()));
            }
        }
        return log;
    }

    private static List<Event> compacted(List<Event> log) {
        return log.stream()
                .filter(event -> log.stream()
                        .noneMatch(later -> later.key().equals(event.key()) && later.offset() > event.offset()))
                .toList();
    }

    private static RegistryState fold(List<Event> events) {
        RegistryState state = RegistryState.EMPTY;
        for (Event event : events) {
            state = state.with(event.key(), event.offset(), event.value());
        }
        return state;
    }

    private static Rollout rollout(String model, int champion) {
        return new Rollout(model, champion, Instant.EPOCH, "test", "", 0, 0, null, Map.of(), 0, List.of());
    }

    private static ModelVersion version() {
        return new ModelVersion(ByteBuffer.allocate(1), "k", ByteBuffer.allocate(1));
    }
}
