package dev.millrace.worker.lane;

import dev.millrace.schemas.RolloutArm;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.lane.Turn.Route;
import dev.millrace.worker.lane.Turn.Wish;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelLease;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Leads each request to the batch of the version that answers it, with a lease for the turn. Lane thread only. */
final class Router {
    private final LaneIdentity identity;
    private final BatchPolicy policy;
    private final LiveModels models;
    private final Map<String, Borrowed> borrowed = new HashMap<>();
    private Device device;

    /**
     * The predictor over the session this lane last used for a model name, and what its runs take; replaced when the
     * version changes.
     */
    private record Borrowed(LoadedModel model, Predictor predictor, LatencyFit fit) {}

    Router(LaneIdentity identity, BatchPolicy policy, LiveModels models) {
        this.identity = identity;
        this.policy = policy;
        this.models = models;
        this.device = identity.device();
    }

    /** Notes where the lane's thread really runs. */
    void runsOn(Device actual) {
        device = actual;
    }

    /** Where the lane runs: its CPU, or where its last session on a GPU really was. */
    Device device() {
        return device;
    }

    /** The way to the batch, opened now unless the turn has it; null when no live version is what is asked for. */
    @Nullable
    Route route(Turn turn, Wish wish) {
        Route known = turn.route(wish);
        if (known != null) {
            return known;
        }
        ModelLease lease =
                wish.version() == null ? models.lease(wish.model()) : models.lease(wish.model(), wish.version());
        if (lease == null) {
            return null;
        }
        LoadedModel model;
        OpenBatch batch;
        try {
            model = lease.forLane(identity.lane());
            batch = turn.batch(model);
            if (batch == null) {
                Borrowed over = borrow(model, lease.spec().name());
                batch = new OpenBatch(lease, over.predictor(), over.fit());
                turn.add(model, batch);
            } else {
                // The batch holds a lease of its own on the same version.
                lease.close();
            }
        } catch (RuntimeException e) {
            lease.close();
            throw e;
        }
        RolloutArm arm = wish.version() == null ? RolloutArm.CHAMPION : RolloutArm.PINNED;
        Route route = new Route(batch, new Served(model.spec(), deviceOf(model).toString(), arm));
        turn.remember(wish, route);
        return route;
    }

    private Device deviceOf(LoadedModel model) {
        if (identity.device().kind() == Device.Kind.CUDA) {
            // Where its session really is: a version that the GPU refused runs on a CPU.
            device = model.device();
        }
        return device;
    }

    private Borrowed borrow(LoadedModel model, String name) {
        Borrowed last = borrowed.get(name);
        if (last != null && last.model() == model) {
            return last;
        }
        LatencyFit fit = new LatencyFit(policy.latency());
        model.warmRuns().forEach(run -> fit.observe(run.images(), run.nanos()));
        Borrowed next = new Borrowed(model, new Predictor(model, policy.topK(), DecodeLimits.DEFAULT), fit);
        borrowed.put(name, next);
        return next;
    }

    /** Says what is live in the place of what was asked for. */
    String unknown(Wish wish) {
        List<String> live = new ArrayList<>();
        models.live().forEach(spec -> live.add(spec.name() + " v" + spec.version()));
        String asked = (wish.model().isEmpty() ? "(default)" : wish.model())
                + (wish.version() == null ? "" : " v" + wish.version());
        return "model: " + asked + " (expected: one of " + live + ")";
    }
}
