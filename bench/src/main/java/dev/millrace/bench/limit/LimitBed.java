package dev.millrace.bench.limit;

import dev.millrace.bench.bed.FilledTopic;
import dev.millrace.bench.bed.Setup;
import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.bed.WorkerBed;
import dev.millrace.bench.bed.WorkerUnderTest;
import dev.millrace.bench.process.Placement;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** What one case is measured with: the worker, and what it is compared with. */
final class LimitBed implements AutoCloseable {
    private final Setup measured;
    private final WorkerBed bed;
    private final Contestants contestants;

    /**
     * Starts everything.
     *
     * @param folder for records and logs; empty
     */
    LimitBed(Setup measured, Placement placement, Path folder) throws IOException, InterruptedException {
        this.measured = measured;
        bed = new WorkerBed(measured, placement, folder);
        try {
            contestants = Contestants.start(measured, placement, folder.resolve("contestants.log"));
        } catch (IOException | InterruptedException | RuntimeException e) {
            bed.close();
            throw e;
        }
    }

    Subject subject() {
        return bed.subject();
    }

    FilledTopic topic() {
        return bed.topic();
    }

    WorkerUnderTest worker() {
        return bed.worker();
    }

    /** Leaves all alone until worker, broker and bench have nothing left to compile. */
    void awaitQuiet(Duration limit) throws IOException, InterruptedException {
        bed.awaitQuiet(limit);
    }

    Contestants contestants() {
        return contestants;
    }

    /**
     * What the plain loop is told, to consume {@code records} as a member of {@code group}. It writes to the topic of dead
     * letters, where nobody takes them for answers.
     */
    String plainArguments(String group, long records) {
        return String.join(
                " ",
                bed.bootstrap(),
                bed.topics().requests(),
                bed.topics().deadLetters(),
                group,
                Long.toString(records),
                Integer.toString(measured.batch()));
    }

    @Override
    public void close() {
        try (bed) {
            contestants.close();
        }
    }
}
