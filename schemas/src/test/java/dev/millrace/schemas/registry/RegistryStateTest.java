package dev.millrace.worker.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.topic.ControlKey;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ControlStateTest {
    private record Event(
            ControlKey key, long offset, @Nullable Object value) {}

    @Test
    void namesTheChampionWithItsEpoch() {
        ControlState state = ControlState.EMPTY.with(new ControlKey.RolloutOf("a"), 7, rollout("a", 2));

        assertThat(state.champions()).containsEntry("a", new ControlState.Champion("a", 2, 7));
    }

    @Test
    void ignoresAnOlderDecisionThatComesLate() {
        ControlState state = ControlState.EMPTY
                .with(new ControlKey.RolloutOf("a"), 7, rollout("a", 2))
                .with(new ControlKey.RolloutOf("a"), 3, rollout("a", 1));

        assertThat(state.champions()).containsEntry("a", new ControlState.Champion("a", 2, 7));
    }

    @Test
    void forgetsARetiredVersionEvenWhenItsRecordIsReplayed() {
        ControlKey key = new ControlKey.Model("a", 1);
        ControlState state =
                ControlState.EMPTY.with(key, 4, version()).with(key, 9, null).with(key, 4, version());

        assertThat(state.version("a", 1)).isNull();
    }

    @Test
    void endsInTheSameStateWhateverIsDuplicatedReplayedOrReordered() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<Event> log = randomLog(random);
            ControlState inOrder = fold(log);

            List<Event> chaos = new ArrayList<>(log);
            for (int i = 0; i < 10; i++) {
                chaos.add(log.get(random.nextInt(log.size())));
            }
            Collections.shuffle(chaos, random);

            assertThat(fold(chaos)).as("seed %d", seed).isEqualTo(inOrder);
            assertThat(fold(compacted(log)).champions()).as("seed %d", seed).isEqualTo(inOrder.champions());
        }
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

    private static ControlState fold(List<Event> events) {
        ControlState state = ControlState.EMPTY;
        for (Event event : events) {
            state = state.with(event.key(), event.offset(), event.value());
        }
        return state;
    }

    private static Rollout rollout(String model, int champion) {
        return new Rollout(model, champion, Instant.EPOCH, "test", "");
    }

    private static ModelVersion version() {
        return new ModelVersion(ByteBuffer.allocate(1), "k", ByteBuffer.allocate(1));
    }
}
