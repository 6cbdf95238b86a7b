package dev.millrace.worker.lane;

import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.Trial;
import dev.millrace.schemas.TrialKind;
import dev.millrace.schemas.registry.Split;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.lane.Answers.Served;
import dev.millrace.worker.lane.Turn.Route;
import dev.millrace.worker.lane.Turn.Wish;
import dev.millrace.worker.model.Device;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelLease;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.serving.ServingPlan;
import dev.millrace.worker.serving.ServingPlans;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Leads each request to the batch of the version that answers it, with a lease for the turn. Lane thread only. */
final class Router {
    private final LaneIdentity identity;
    private final BatchPolicy policy;
    private final ServingPlans plans;
    private final LiveModels models;
    private final Map<LoadedModel, Borrowed> borrowed = new HashMap<>();
    /** By model name, of the decision that its last request followed. */
    private final Map<String, PlannedSplit> splits = new HashMap<>();

    private Device device;

    /** The predictor over a session of this lane, and what its runs take. */
    private record Borrowed(Predictor predictor, LatencyFit fit) {}

    private record PlannedSplit(long epoch, Split split) {}

    Router(LaneIdentity identity, BatchPolicy policy, ServingPlans plans, LiveModels models) {
        this.identity = identity;
        this.policy = policy;
        this.plans = plans;
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

    /** The way to the batch, opened now unless the turn has it; null when no version that is loaded is what is asked for. */
    @Nullable
    Route route(Turn turn, ImageRequest request, ConsumerRecord<byte[], ByteBuffer> source) {
        ServingPlan plan = plans.of(request.getModel());
        Integer pinned = request.getVersion();
        if (plan == null) {
            return null;
        }
        if (pinned != null) {
            return route(turn, new Wish(plan.model(), pinned, RolloutArm.PINNED, null));
        }
        Route route = route(turn, plan, request, source);
        while (route == null) {
            ServingPlan next = plans.of(request.getModel());
            if (next == null || next.champion() == plan.champion()) {
                return null;
            }
            // The champion was retired between the two steps: the plan after it was followed before that.
            plan = next;
            route = route(turn, plan, request, source);
        }
        return route;
    }

    private @Nullable Route route(
            Turn turn, ServingPlan plan, ImageRequest request, ConsumerRecord<byte[], ByteBuffer> source) {
        Trial trial = plan.trial(TrialKind.CANARY);
        if (trial != null && split(plan, trial).toChallenger(new RequestTraits(request, source))) {
            Wish challenger = new Wish(plan.model(), trial.getChallenger(), RolloutArm.CHALLENGER, plan.epoch());
            Route route = route(turn, challenger);
            if (route != null) {
                return route;
            }
        }
        return route(turn, new Wish(plan.model(), plan.champion(), RolloutArm.CHAMPION, plan.epoch()));
    }

    /** What a challenger that only looks on sees of this request: the version that does, or null. */
    @Nullable
    Wish onlooker(ImageRequest request, ConsumerRecord<byte[], ByteBuffer> source) {
        ServingPlan plan = plans.of(request.getModel());
        if (plan == null || request.getVersion() != null) {
            return null;
        }
        Trial trial = plan.trial(TrialKind.SHADOW);
        return trial != null && split(plan, trial).toChallenger(new RequestTraits(request, source))
                ? new Wish(plan.model(), trial.getChallenger(), RolloutArm.SHADOW, plan.epoch())
                : null;
    }

    private Split split(ServingPlan plan, Trial trial) {
        PlannedSplit last = splits.get(plan.model());
        if (last == null || last.epoch() != plan.epoch()) {
            last = new PlannedSplit(plan.epoch(), new Split(plan.model(), trial));
            splits.put(plan.model(), last);
        }
        return last.split();
    }

    /** The way to the batch of that version, opened now unless the turn has it; null when it is not loaded. */
    @Nullable
    Route route(Turn turn, Wish wish) {
        Route known = turn.route(wish);
        if (known != null) {
            return known;
        }
        ModelLease lease = models.lease(wish.model(), wish.version());
        if (lease == null) {
            return null;
        }
        LoadedModel model;
        OpenBatch batch;
        try {
            model = lease.forLane(identity.lane());
            batch = turn.batch(model);
            if (batch == null) {
                Borrowed over = borrow(model);
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
        Served served = new Served(model.spec(), deviceOf(model, wish.arm()).toString(), wish.arm(), wish.epoch());
        Route route = new Route(batch, served);
        turn.remember(wish, route);
        return route;
    }

    /** Where its session really is: a version that the GPU refused runs on a CPU. */
    private Device deviceOf(LoadedModel model, RolloutArm arm) {
        if (identity.device().kind() != Device.Kind.CUDA) {
            return device;
        }
        if (arm == RolloutArm.CHAMPION) {
            device = model.device();
        }
        return model.device();
    }

    private Borrowed borrow(LoadedModel model) {
        Borrowed last = borrowed.get(model);
        if (last != null) {
            return last;
        }
        List<ModelSpec> live = models.live();
        // Also a version that was here before, and is loaded anew.
        borrowed.keySet().removeIf(old -> old.spec().equals(model.spec()) || !live.contains(old.spec()));
        LatencyFit fit = new LatencyFit(policy.latency());
        model.warmRuns().forEach(run -> fit.observe(run.images(), run.nanos()));
        Borrowed next = new Borrowed(new Predictor(model, policy.topK(), policy.images()), fit);
        borrowed.put(model, next);
        return next;
    }

    /** Says what is loaded in the place of what was asked for. */
    String unknown(ImageRequest request) {
        List<String> live = new ArrayList<>();
        models.live().forEach(spec -> live.add(spec.name() + " v" + spec.version()));
        String asked = (request.getModel().isEmpty() ? "(default)" : request.getModel())
                + (request.getVersion() == null ? "" : " v" + request.getVersion());
        return "model: " + asked + " (expected: one of " + live + ")";
    }
}
