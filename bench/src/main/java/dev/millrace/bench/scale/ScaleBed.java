package dev.millrace.bench.scale;

import dev.millrace.bench.bed.FilledTopic;
import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.bed.TopicBed;
import dev.millrace.bench.bed.WorkerUnderTest;
import dev.millrace.bench.scale.ScalePlan.Group;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** A group of workers whose model only waits, between topics of its own. One thread. */
final class ScaleBed implements AutoCloseable {
    private static final Duration JOIN_LIMIT = Duration.ofMinutes(2);
    private static final long LOOK_MS = 20;

    private final TopicBed bed;
    private final List<WorkerUnderTest> workers = new ArrayList<>();
    private final double joinSeconds;

    /**
     * Starts the workers, and waits until every lane has its partitions.
     *
     * @param folder for records and logs; empty
     */
    ScaleBed(Group group, ScalePlan plan, Subject subject, Path folder) throws IOException, InterruptedException {
        int partitions = TopicBed.partitionsFor(group.allLanes());
        bed = new TopicBed(subject, partitions, folder);
        try {
            for (int i = 0; i < group.workers(); i++) {
                workers.add(WorkerUnderTest.start(
                        "worker-" + i,
                        WorkerUnderTest.waitingJvmFlags(group.workers()),
                        bed.workerOptions("cpu:none x" + group.lanes(), plan.delivery(), plan.batch(), List.of()),
                        folder.resolve("worker-" + i + ".log")));
            }
            long ready = System.nanoTime();
            awaitAssignment(group.allLanes(), partitions);
            joinSeconds = (System.nanoTime() - ready) / 1e9;
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void awaitAssignment(int members, int partitions) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + JOIN_LIMIT.toNanos();
        while (!assigned(members, partitions)) {
            if (System.nanoTime() > deadline) {
                throw new IOException("group: not all of " + members + " lanes have partitions after "
                        + JOIN_LIMIT.toSeconds() + " s (expected: all)");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    private boolean assigned(int members, int partitions) throws IOException, InterruptedException {
        try {
            ConsumerGroupDescription group = bed.admin()
                    .describeConsumerGroups(List.of(TopicBed.GROUP))
                    .all()
                    .get()
                    .get(TopicBed.GROUP);
            return group != null
                    && group.groupState() == GroupState.STABLE
                    && group.members().size() == members
                    && group.members().stream().mapToInt(ScaleBed::partitions).sum() == partitions;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                // Nobody has joined yet.
                return false;
            }
            throw new IOException("group: " + e.getMessage(), e);
        }
    }

    private static int partitions(MemberDescription member) {
        return member.assignment().topicPartitions().size();
    }

    double joinSeconds() {
        return joinSeconds;
    }

    FilledTopic topic() {
        return bed.topic();
    }

    /** Makes every session run take so much longer. */
    void letWait(Duration run) throws IOException, InterruptedException {
        for (WorkerUnderTest worker : workers) {
            worker.letWait(run);
        }
    }

    /** Of all workers, since their start. */
    long cpuNanos() throws IOException, InterruptedException {
        long nanos = 0;
        for (WorkerUnderTest worker : workers) {
            nanos += worker.usage().cpuNanos();
        }
        return nanos;
    }

    @Override
    public void close() {
        try (bed) {
            workers.forEach(WorkerUnderTest::close);
        }
    }
}
