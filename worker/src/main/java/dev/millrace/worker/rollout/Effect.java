package dev.millrace.worker.rollout;

import dev.millrace.worker.serving.ServingPlan;

/** What a worker is to do about a model, in the order given. */
sealed interface Effect {
    /** Fetch, verify, load and warm a version; one of its {@link Progress.Prepared} or {@link Progress.Failed} follows. */
    record Prepare(int version, long epoch) implements Effect {}

    /** Let the lanes follow that. Everything that it names is loaded. */
    record Follow(ServingPlan plan) implements Effect {}

    /** Unload a version that no plan names any more. */
    record Retire(int version) implements Effect {}
}
