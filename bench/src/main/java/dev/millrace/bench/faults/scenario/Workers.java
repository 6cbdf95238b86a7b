package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;

/** What faults demand of workers. */
final class Workers {
    private Workers() {}

    /** @throws FaultFailedException when a worker has ended, where none may */
    static void requireAlive(Rig rig) {
        for (WorkerSlot worker : rig.workers()) {
            if (!worker.isAlive()) {
                throw new FaultFailedException(worker.id() + " has ended (expected: it outlives this fault)");
            }
        }
    }
}
