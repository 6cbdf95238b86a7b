package dev.millrace.worker;

import dev.millrace.schemas.ModelRole;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.worker.http.ServedModel;
import dev.millrace.worker.http.ServedModel.Tensor;
import dev.millrace.worker.model.ElementType;
import dev.millrace.worker.model.LiveModels;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.serving.ServingPlan;
import dev.millrace.worker.serving.ServingPlans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The versions that are loaded, and those that should be and are not. Any thread; waits for nothing. */
final class ServedModels {
    private final LiveModels models;
    private final ServingPlans plans;
    private final Supplier<List<ModelStatus>> statuses;

    /** @param statuses what came of the last decisions */
    ServedModels(LiveModels models, ServingPlans plans, Supplier<List<ModelStatus>> statuses) {
        this.models = models;
        this.plans = plans;
        this.statuses = statuses;
    }

    List<ServedModel> all() {
        List<ServedModel> all = new ArrayList<>();
        for (ModelSpec spec : models.live()) {
            ServingPlan plan = plans.of(spec.name());
            all.add(loaded(spec, plan != null && plan.champion() == spec.version()));
        }
        for (ModelStatus status : statuses.get()) {
            boolean known = all.stream()
                    .anyMatch(
                            model -> model.name().equals(status.getModel()) && model.version() == status.getVersion());
            if (!known) {
                all.add(absent(status, plans.of(status.getModel()) == null));
            }
        }
        return all;
    }

    private static ServedModel loaded(ModelSpec spec, boolean chosen) {
        int batch = spec.fixedBatch() == 0 ? -1 : spec.fixedBatch();
        String datatype = spec.elementType() == ElementType.UINT8 ? "UINT8" : "FP32";
        return new ServedModel(
                spec.name(),
                spec.version(),
                chosen,
                "",
                List.of(new Tensor(
                        spec.inputTensor(), datatype, boxed(spec.pixels().batch(batch)))),
                spec.outputs().stream()
                        .map(output -> new Tensor(output.tensor(), "FP32", boxed(output.batch(batch))))
                        .toList());
    }

    /** @param nobodyAnswers for its model yet */
    private static ServedModel absent(ModelStatus status, boolean nobodyAnswers) {
        String why = status.getState() == ModelState.LIVE
                ? "not loaded just now"
                : status.getState() + (status.getDetail().isEmpty() ? "" : ": " + status.getDetail());
        return new ServedModel(
                status.getModel(),
                status.getVersion(),
                nobodyAnswers && status.getRole() == ModelRole.CHAMPION,
                why,
                List.of(),
                List.of());
    }

    private static List<Long> boxed(long[] shape) {
        return Arrays.stream(shape).boxed().toList();
    }
}
