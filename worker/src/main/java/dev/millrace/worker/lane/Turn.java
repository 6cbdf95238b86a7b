package dev.millrace.worker.lane;

import dev.millrace.schemas.RolloutArm;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.model.LoadedModel;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a lane has in hand between taking records and settling them: batches, the way to them, and the order of the
 * answers. Several wishes may share a batch, as they share the model's buffer. Lives for one turn on the lane thread.
 */
final class Turn implements AutoCloseable {
    private final Map<Wish, Route> routes = new HashMap<>();
    private final Map<LoadedModel, OpenBatch> batches = new LinkedHashMap<>();
    private final InOrder order = new InOrder();

    /**
     * What a request is to be answered by.
     *
     * @param epoch the decision that says so; null when the request itself does
     */
    record Wish(
            String model,
            int version,
            RolloutArm arm,
            @Nullable Long epoch) {
        /** That of records is several times slower, and each request is looked up by it. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Wish wish
                    && version == wish.version
                    && arm == wish.arm
                    && model.equals(wish.model)
                    && Objects.equals(epoch, wish.epoch);
        }

        @Override
        public int hashCode() {
            return 31 * model.hashCode() + version;
        }
    }

    /** Where a wish leads in this turn. */
    record Route(OpenBatch batch, Served served) {}

    @Nullable
    Route route(Wish wish) {
        return routes.get(wish);
    }

    void remember(Wish wish, Route route) {
        routes.put(wish, route);
    }

    @Nullable
    OpenBatch batch(LoadedModel model) {
        return batches.get(model);
    }

    void add(LoadedModel model, OpenBatch batch) {
        batches.put(model, batch);
    }

    /** In the order in which they were opened. */
    Collection<OpenBatch> batches() {
        return batches.values();
    }

    InOrder order() {
        return order;
    }

    /** How long every batch that has images may wait for more; 0 when none has any. */
    long mayWaitNanos(Duration linger) {
        return batches.values().stream()
                .filter(batch -> batch.size() > 0)
                .mapToLong(batch -> batch.mayWaitNanos(linger))
                .min()
                .orElse(0);
    }

    /** Gives the leases back. */
    @Override
    public void close() {
        batches.values().forEach(OpenBatch::close);
    }
}
