package dev.millrace.bench.faults.scenario;

import dev.millrace.bench.faults.rig.FaultFailedException;
import dev.millrace.bench.faults.rig.Rig;
import dev.millrace.bench.faults.rig.WorkerSlot;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A worker whose wall clock is two hours ahead or behind, by libfaketime; its monotonic clock is right, as on a machine
 * that was set wrong. By default a broker refuses records from more than one hour ahead
 * ({@code message.timestamp.after.max.ms}).
 */
final class ClockSkew implements Fault {
    private static final String LIBRARY = "libfaketimeMT.so.1";
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private @Nullable WorkerSlot victim;

    @Override
    public String name() {
        return "clock-skew";
    }

    @Override
    public String what() {
        return "a worker's clock is two hours off; needs libfaketime";
    }

    @Override
    public boolean quick() {
        return false;
    }

    @Override
    public void prepare(Rig rig, Random random) throws IOException {
        library();
    }

    /** In the folder of the machine's architecture. */
    private static Path library() throws IOException {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(Path.of("/usr/lib"), "*-linux-*")) {
            for (Path folder : folders) {
                Path library = folder.resolve("faketime").resolve(LIBRARY);
                if (Files.isReadable(library)) {
                    return library;
                }
            }
        }
        throw new IOException(LIBRARY + ": not there (expected: apt-get install libfaketime)");
    }

    @Override
    public void inject(Rig rig, Random random) throws IOException, InterruptedException {
        WorkerSlot chosen = rig.workers().get(random.nextInt(rig.workers().size()));
        victim = chosen;
        String skew = random.nextBoolean() ? "+2h" : "-2h";
        rig.note("skew", chosen.id() + " by " + skew);
        chosen.drain();
        chosen.start(Map.of(
                "LD_PRELOAD",
                library().toString(),
                "FAKETIME",
                skew,
                "FAKETIME_DONT_FAKE_MONOTONIC",
                "1",
                // Without it the JVM's timed waits return at once.
                "FAKETIME_FORCE_MONOTONIC_FIX",
                "0"));
        chosen.awaitServing();
        long before = rig.answersOf(chosen);
        rig.pause(Duration.ofMillis(3_000 + random.nextInt(2_000)));
        if (!rig.await(LIMIT, () -> rig.answersOf(chosen) > before)) {
            throw new FaultFailedException(
                    chosen.id() + ": no answer with its clock " + skew + " off (expected: as with the right one)");
        }
        Workers.requireAlive(rig);
    }

    @Override
    public void heal(Rig rig) throws IOException, InterruptedException {
        WorkerSlot skewed = victim;
        if (skewed != null && skewed.isAlive()) {
            skewed.drain();
        }
        rig.ensureServing();
    }
}
