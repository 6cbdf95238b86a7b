package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.worker.delivery.DeliveryMode;
import java.io.IOException;
import java.util.Random;

/**
 * One kind of fault. An instance serves one run: {@link #inject} while the load is on, then {@link #heal}. To add one,
 * write a class and name it in {@link Faults}.
 *
 * <p>All that varies from run to run comes from the random numbers it is given, so that a seed repeats the run.
 */
public interface Fault {
    /** Lower-case words with hyphens, as the command line and the table have it. */
    String name();

    /** One line for people: what is done. */
    String what();

    /** Whether it makes sense in this mode. */
    default boolean appliesTo(DeliveryMode mode) {
        return true;
    }

    /** Whether it is short enough for a quick campaign, which has about ten seconds for each run. */
    default boolean quick() {
        return true;
    }

    /** The most duplicates that it may cost. */
    default int duplicatesAllowed(DeliveryMode mode) {
        return mode == DeliveryMode.EXACTLY_ONCE ? 0 : Integer.MAX_VALUE;
    }

    /**
     * Makes ready what the fault needs, while the load is still off.
     *
     * @throws IOException when this machine does not have it
     */
    default void prepare(Rig rig, Random random) throws IOException, InterruptedException {}

    /**
     * Breaks something, and returns when it has been broken for long enough. The load is on.
     *
     * @throws FaultFailedException when the system does not do what it promises while the fault is on
     */
    void inject(Rig rig, Random random) throws IOException, InterruptedException;

    /**
     * Begins the repair, and returns when it is done. Called after {@link #inject} however that ended. Workers that are
     * not there afterwards are started by the campaign.
     *
     * @throws FaultFailedException when the system does not do what it promises
     */
    default void heal(Rig rig) throws IOException, InterruptedException {
        rig.ensureServing();
    }
}
