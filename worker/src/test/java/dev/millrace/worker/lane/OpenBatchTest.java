package dev.millrace.worker.lane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Placement;
import dev.millrace.worker.infer.Answer;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.lane.Answers.Passage;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LiveModel;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelLease;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.TinyModels;
import dev.millrace.worker.model.TinyModels.Recipe;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches over a real graph that fails a run with any pixel of 255 in it. */
final class OpenBatchTest {
    private static final int SIDE = 4;
    private static final int CLASSES = 4;
    private static final int MAX = 8;

    private final LiveModels models = new LiveModels();
    private final LatencyFit fit = new LatencyFit(Duration.ofSeconds(10));
    private final Told told = new Told();

    @AfterEach
    void close() {
        models.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 11})
    void failsOnlyTheImagesThatTheModelFailsOn(int fixedBatch) throws Exception {
        long seed = 42;
        Random random = new Random(seed);
        List<Set<Integer>> cases =
                new ArrayList<>(List.of(Set.of(), Set.of(0), Set.of(7), Set.of(2, 3), Set.of(0, 4, 7)));
        cases.add(Set.of(0, 1, 2, 3, 4, 5, 6, 7));
        for (int i = 0; i < 20; i++) {
            Set<Integer> bad = new TreeSet<>();
            random.ints(random.nextInt(MAX), 0, MAX).forEach(bad::add);
            cases.add(bad);
        }
        try (OpenBatch batch = batch(fixedBatch)) {
            for (Set<Integer> bad : cases) {
                for (int size : new int[] {MAX, 5, 1}) {
                    told.clear();
                    for (int i = 0; i < size; i++) {
                        add(batch, i, bad.contains(i), null);
                    }
                    batch.run(told);
                    assertThat(batch.size()).isZero();
                    for (int i = 0; i < size; i++) {
                        assertThat(told.labels.get((long) i))
                                .as("image %d of %d, bad %s, fixed batch %d, seed %d", i, size, bad, fixedBatch, seed)
                                .isEqualTo(bad.contains(i) ? "FAILED" : "label " + i % CLASSES);
                    }
                    assertThat(told.labels).hasSize(size);
                }
            }
        }
    }

    @Test
    void tellsTheOthersInTheOrderOfTheirArrival() throws Exception {
        try (OpenBatch batch = batch(0)) {
            for (int i = 0; i < MAX; i++) {
                add(batch, i, i == 2 || i == 5, null);
            }
            batch.run(told);
            assertThat(told.order).containsExactly(0L, 1L, 3L, 4L, 6L, 7L, 2L, 5L);
            assertThat(told.message).contains("out of data bounds");
        }
    }

    @Test
    void findsOneBadImageInFewRuns() throws Exception {
        try (OpenBatch batch = batch(0)) {
            for (int i = 0; i < MAX; i++) {
                add(batch, i, i == 5, null);
            }
            batch.run(told);
            assertThat(told.runs).containsExactly(8, 4, 4, 2, 1, 1, 2);
        }
    }

    @Test
    void isFullAtTheSizeThatTheLatencyAllows() throws Exception {
        LatencyFit slow = new LatencyFit(Duration.ofMillis(50));
        for (int i = 0; i < 20; i++) {
            slow.observe(1, 20_000_000);
            slow.observe(2, 29_000_000);
        }
        try (OpenBatch batch = batch(0, slow)) {
            for (int i = 0; i < 4; i++) {
                assertThat(batch.full()).isFalse();
                add(batch, i, false, null);
            }
            assertThat(batch.full()).isTrue();
        }
    }

    @Test
    void waitsForMoreAfterItsOldestImageAndNeverPastTheEarliestDeadline() throws Exception {
        Duration linger = Duration.ofSeconds(5);
        try (OpenBatch batch = batch(0)) {
            add(batch, 0, false, Instant.now().plusSeconds(3600));
            long first = batch.mayWaitNanos(linger);
            assertThat(first).isBetween(4_000_000_000L, 5_000_000_000L);
            add(batch, 1, false, null);
            assertThat(batch.mayWaitNanos(linger)).isLessThan(first);
            add(batch, 2, false, Instant.now().plusSeconds(2));
            add(batch, 3, false, Instant.ofEpochSecond(Long.MAX_VALUE / 1_000_000));
            assertThat(batch.mayWaitNanos(linger)).isBetween(1_000_000_000L, 2_000_000_000L);
            batch.run(told);
            add(batch, 4, false, null);
            assertThat(batch.mayWaitNanos(linger)).isBetween(4_000_000_000L, 5_000_000_000L);
        }
    }

    @Test
    void doesNotWaitWhereTheRunItselfTakesUntilTheDeadline() throws Exception {
        fit.observe(1, 3_000_000_000L);
        try (OpenBatch batch = batch(0)) {
            add(batch, 0, false, Instant.now().plusSeconds(2));
            assertThat(batch.mayWaitNanos(Duration.ofSeconds(5))).isNegative();
        }
    }

    private OpenBatch batch(int fixedBatch) throws Exception {
        return batch(fixedBatch, fit);
    }

    private OpenBatch batch(int fixedBatch, LatencyFit with) throws Exception {
        byte[] onnx = TinyModels.failingAbove(
                254, Recipe.of(SIDE, SIDE, 1, CLASSES).withBatch(fixedBatch).build());
        ModelSpec spec = ModelSpec.describe(onnx);
        models.install(LiveModel.load(onnx, spec, List.of(DeviceRequest.ANY_CPU), MAX));
        ModelLease lease = Objects.requireNonNull(models.lease(spec.name(), spec.version()));
        LoadedModel model = lease.forLane(0);
        return new OpenBatch(lease, new Predictor(model, 1, DecodeLimits.DEFAULT), with);
    }

    private static void add(OpenBatch batch, int number, boolean bad, @Nullable Instant deadline) throws Exception {
        byte[] pixels = TinyModels.image(SIDE, SIDE, 1, CLASSES, 0, number % CLASSES);
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = pixels[i] == 0 ? 0 : (byte) (bad ? 255 : 200);
        }
        ImageRequest request = new ImageRequest(
                "r" + number,
                "",
                null,
                ImageEncoding.RAW_U8,
                SIDE,
                SIDE,
                1,
                ByteBuffer.wrap(pixels),
                null,
                Instant.now(),
                deadline,
                Map.of());
        ConsumerRecord<byte[], ByteBuffer> source =
                new ConsumerRecord<>("requests", 0, number, new byte[0], ByteBuffer.allocate(0));
        Taken taken = new Taken(source, Instant.now(), System.nanoTime(), new InOrder().next());
        ModelSpec spec = batch.model();
        batch.add(
                taken,
                request,
                EncodedImage.raw(SIDE, SIDE, 1, pixels),
                new Served(spec, "cpu:none", RolloutArm.CHAMPION, 1L));
    }

    /** What became of each image, by the offset of its record. */
    private static final class Told implements OpenBatch.Outcome {
        private final Map<Long, String> labels = new HashMap<>();
        private final List<Long> order = new ArrayList<>();
        private final List<Integer> runs = new ArrayList<>();
        private String message = "";

        void clear() {
            labels.clear();
            order.clear();
            runs.clear();
        }

        @Override
        public void running(int size) {
            runs.add(size);
        }

        @Override
        public void ran(int size, long nanos) {
            assertThat(nanos).isPositive();
        }

        @Override
        public void answered(Passage passage, Served served, Answer answer, Placement placement) {
            assertThat(placement).isEqualTo(Placement.whole(4, 4));
            tell(passage, ((Answer.Labels) answer).best().get(0).label());
        }

        @Override
        public void failed(Passage passage, Served served, String why) {
            message = why;
            assertThat(passage.batchSize()).isEqualTo(1);
            tell(passage, "FAILED");
        }

        private void tell(Passage passage, String outcome) {
            assertThat(labels.put(passage.source().offset(), outcome)).isNull();
            order.add(passage.source().offset());
        }
    }
}
