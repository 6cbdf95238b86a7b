package dev.millrace.bench.bed;

import dev.millrace.bench.process.Placement;
import dev.millrace.bench.process.Quiet;
import dev.millrace.schemas.topic.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A worker whose lanes have CPUs of their own, between topics of its own. One thread. */
public final class WorkerBed implements AutoCloseable {
    private final TopicBed bed;
    private final WorkerUnderTest worker;
    private final Quiet quiet;

    /**
     * Starts everything.
     *
     * @param folder for records and logs; empty
     */
    public WorkerBed(Setup setup, Placement placement, Path folder) throws IOException, InterruptedException {
        bed = placement.onOthers(
                () -> new TopicBed(Subject.of(setup.model()), TopicBed.partitionsFor(setup.lanes()), folder));
        try {
            List<String> options =
                    bed.workerOptions(placement.spec(), setup.delivery(), setup.batch(), setup.settings());
            worker = WorkerUnderTest.start("worker", WorkerUnderTest.JVM_FLAGS, options, folder.resolve("worker.log"));
            quiet = new Quiet(worker.handle(), bed.brokerHandle());
        } catch (IOException | InterruptedException | RuntimeException e) {
            bed.close();
            throw e;
        }
    }

    public Subject subject() {
        return bed.subject();
    }

    public FilledTopic topic() {
        return bed.topic();
    }

    public WorkerUnderTest worker() {
        return worker;
    }

    /** Leaves all alone until worker, broker and bench have nothing left to compile. */
    public void awaitQuiet(Duration limit) throws IOException, InterruptedException {
        quiet.await(limit);
    }

    /** Where the broker listens. */
    public String bootstrap() {
        return bed.bootstrap();
    }

    public Topics topics() {
        return bed.topics();
    }

    @Override
    public void close() {
        try (bed) {
            worker.close();
        }
    }
}
