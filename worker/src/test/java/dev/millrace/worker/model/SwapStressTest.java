package dev.millrace.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.serving.ServingPlan;
import dev.millrace.worker.serving.ServingPlans;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real sessions: a close inside a run would end this JVM, and a mix of versions would give a wrong label. */
final class SwapStressTest {

    private static final int LANES = 3;
    private static final int SWAPS = 200;
    private static final int CLASSES = 8;
    private static final int SIDE = 16;

    private final LiveModels models = new LiveModels();
    private final ServingPlans plans = new ServingPlans("");
    private final List<LiveModel> made = Collections.synchronizedList(new ArrayList<>());
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicLong runs = new AtomicLong();

    @Test
    @Timeout(120)
    void everyRunUsesOneLiveVersionWhileHundredsAreSwapped() throws Exception {
        long seed = System.nanoTime();
        System.out.println("SwapStressTest seed " + seed);
        swapTo(0);
        ExecutorService lanes = Executors.newFixedThreadPool(LANES);
        CountDownLatch running = new CountDownLatch(LANES);
        List<Future<?>> ends = new ArrayList<>();
        for (int lane = 0; lane < LANES; lane++) {
            int number = lane;
            ends.add(lanes.submit(() -> serve(number, new Random(seed + number), running)));
        }
        running.await();
        for (int version = 1; version <= SWAPS; version++) {
            swapTo(version);
        }
        done.set(true);
        for (Future<?> end : ends) {
            end.get(60, TimeUnit.SECONDS);
        }
        lanes.shutdown();
        models.close();
        assertThat(made).hasSize(SWAPS + 1).allSatisfy(model -> {
            assertThat(model.leases())
                    .as("leases of %s, seed %d", model.spec(), seed)
                    .isZero();
            assertThat(model.isClosed())
                    .as("%s closed, seed %d", model.spec(), seed)
                    .isTrue();
        });
        assertThat(runs.get()).as("runs beside swaps, seed %d", seed).isGreaterThan(SWAPS);
    }

    private Void serve(int lane, Random random, CountDownLatch running) throws Exception {
        while (!done.get()) {
            int stripe = random.nextInt(CLASSES);
            byte[] pixels = TinyModels.image(SIDE, SIDE, 1, CLASSES, 0, stripe);
            int champion = Objects.requireNonNull(plans.of("")).champion();
            try (ModelLease lease = models.lease("tiny", champion)) {
                if (lease == null) {
                    assertThat(plans.of("")).extracting(ServingPlan::champion).isNotEqualTo(champion);
                    continue;
                }
                LoadedModel model = lease.forLane(lane);
                new ImageDecoder(model.spec().pixels(), DecodeLimits.DEFAULT)
                        .decode(EncodedImage.raw(SIDE, SIDE, 1, pixels), model.pixels(), 0);
                for (int i = random.nextInt(4); i >= 0; i--) {
                    model.run(1);
                    runs.incrementAndGet();
                }
                int expected = (stripe + lease.spec().version()) % CLASSES;
                assertThat(best(model)).as("label by %s", lease.spec()).isEqualTo(expected);
            }
            running.countDown();
        }
        return null;
    }

    private void swapTo(int version) throws ModelRefusedException {
        models.install(version(version));
        plans.follow(new ServingPlan("tiny", version, null, version));
        models.retire("tiny", version - 1);
    }

    /** A version's classes are rotated by its number, so that its answers tell it from others. */
    private LiveModel version(int version) throws ModelRefusedException {
        byte[] onnx = TinyModels.classifier(SIDE, SIDE, 1, CLASSES, version % CLASSES);
        ModelSpec spec = ModelSpec.describe(onnx).as("tiny", version);
        LiveModel model = LiveModel.load(onnx, spec, Collections.nCopies(LANES, DeviceRequest.ANY_CPU), 1);
        made.add(model);
        return model;
    }

    private static int best(LoadedModel model) {
        int best = 0;
        for (int k = 1; k < CLASSES; k++) {
            if (model.logits().get(k) > model.logits().get(best)) {
                best = k;
            }
        }
        return best;
    }
}
