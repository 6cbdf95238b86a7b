package dev.millrace.schemas.topic;

import org.jspecify.annotations.Nullable;

/** The keys of the status topic: a worker's id for its {@code WorkerStatus}, {@code trainer/<id>} for a {@code TrainerStatus}. */
public final class StatusKey {
    private static final String TRAINER = "trainer/";

    private StatusKey() {}

    /** Where a trainer of that id reports. */
    public static String ofTrainer(String id) {
        return TRAINER + id;
    }

    /** Whether what is at {@code key} is of a trainer, and of no worker. */
    public static boolean isTrainer(@Nullable String key) {
        return key != null && key.startsWith(TRAINER);
    }
}
