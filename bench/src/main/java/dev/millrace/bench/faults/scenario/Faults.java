package dev.millrace.bench.faults.scenario;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Every fault there is, in the order in which a campaign takes them. */
public final class Faults {
    private static final List<Supplier<Fault>> ALL = List.of(
            WorkerKilled::new,
            AllWorkersKilled::new,
            BrokerKilled::new,
            BrokerFrozen::new,
            () -> new RebalanceStorm("consumer", 8),
            () -> new NetworkCut(false),
            () -> new NetworkCut(true),
            SlowBroker::new,
            ZombieWorker::new,
            WorkerDrained::new,
            RollingRestart::new,
            KillerMessage::new,
            OutOfMemory::new,
            ClockSkew::new,
            TransactionTimeout::new,
            HangingTransaction::new,
            DuplicateTransactionalId::new,
            DeadLettersGone::new,
            BrokerDiskFull::new,
            WorkerDiskFull::new,
            () -> new RebalanceStorm("classic", 20),
            Mixed::new);

    private Faults() {}

    /** Makes one of each: an instance serves one run. */
    public static List<Supplier<Fault>> all() {
        return ALL;
    }

    /** Makes the one of this name. */
    public static Optional<Supplier<Fault>> named(String name) {
        return ALL.stream().filter(maker -> maker.get().name().equals(name)).findFirst();
    }

    /** Their names. */
    public static List<String> names() {
        return ALL.stream().map(maker -> maker.get().name()).toList();
    }
}
