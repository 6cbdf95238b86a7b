package dev.millrace.infra.demo;

import dev.millrace.infra.source.DatasetSource;
import dev.millrace.producer.Answer;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.OutgoingImage;
import dev.millrace.producer.source.SourceImage;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Publishes images one after the other at a steady rate, whatever comes back, says for answers what their image really showed, and notes
 * when they came and whether they were right. A thread of its own publishes; the client's threads note; the rest is the demo's.
 */
final class SteadyLoad {
    private static final long IDLE_MS = 20;

    private final ImageClient client;
    private final List<String> classes;
    private final Stream stream;
    private final long periodNanos;
    private final Thread publisher = new Thread(this::publish, "demo-load");
    private final List<Received> received = new ArrayList<>();
    private volatile boolean stopped;
    private volatile long published;
    private int failed;
    private @Nullable Throwable firstFailure;

    /** What is published. */
    interface Stream {
        /** Of the publisher's thread. */
        Shot shot(int number) throws IOException;
    }

    /**
     * One image.
     *
     * @param label what it really shows, by index
     * @param told whether that is said as feedback
     * @param measured whether its answer counts for accuracy
     */
    record Shot(OutgoingImage image, int label, boolean told, boolean measured) {}

    /**
     * An answer.
     *
     * @param atNanos when it came, of {@link System#nanoTime}
     * @param lateNanos after the moment at which its request was due
     * @param measured whether it counts for accuracy
     * @param right whether its best label is what the image shows
     */
    record Received(long atNanos, long lateNanos, boolean measured, boolean right) {}

    /**
     * How answers came between two moments.
     *
     * @param p99Ms from the moment at which requests were due
     * @param longestGapMs between one answer and the next
     */
    record Span(double p99Ms, double longestGapMs) {}

    SteadyLoad(ImageClient client, List<String> classes, Stream stream, int perSecond) {
        this.client = client;
        this.classes = List.copyOf(classes);
        this.stream = stream;
        this.periodNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        publisher.setDaemon(true);
    }

    /** All images of a data set, again and again, and what each of them shows. */
    static SteadyLoad of(ImageClient client, DatasetSource source, int perSecond) {
        List<SourceImage> images = new ArrayList<>();
        source.forEach(images::add);
        return new SteadyLoad(
                client,
                source.classes(),
                number -> {
                    SourceImage image = images.get(number % images.size());
                    return new Shot(image.read(), image.label().orElseThrow(), true, true);
                },
                perSecond);
    }

    void start() {
        publisher.start();
    }

    private void publish() {
        long due = System.nanoTime();
        for (int i = 0; !stopped; i++) {
            long early = due - System.nanoTime();
            if (early > 0) {
                pause(early);
            }
            publish(i, due);
            due += periodNanos;
        }
    }

    private static void pause(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes it.
    private void publish(int number, long due) {
        published++;
        try {
            Shot shot = stream.shot(number);
            var unused = client.publishAndAwait(shot.image()).whenComplete((answer, failure) -> {
                if (failure == null) {
                    answered(answer, shot, due);
                } else {
                    failed(failure);
                }
            });
        } catch (IOException | RuntimeException e) {
            failed(e);
        }
    }

    private void answered(Answer answer, Shot shot, long due) {
        long now = System.nanoTime();
        InferenceResult result = answer.result();
        if (result.getStatus() != ResultStatus.OK) {
            failed(new DemoException(result.getStatus() + ": " + result.getErrorMessage()));
            return;
        }
        if (shot.told()) {
            var unused = client.feedback(result, classes.get(shot.label()), "demo");
        }
        boolean right =
                !result.getLabels().isEmpty() && result.getLabels().get(0).getIndex() == shot.label();
        synchronized (this) {
            received.add(new Received(now, now - due, shot.measured(), right));
        }
    }

    private synchronized void failed(Throwable failure) {
        failed++;
        if (firstFailure == null) {
            firstFailure = failure;
        }
    }

    /** Publishes no more, and waits until everything has its answer. */
    void stop(Duration limit) throws InterruptedException {
        stopped = true;
        publisher.join();
        long deadline = System.nanoTime() + limit.toNanos();
        while (answered() + failures() < published && System.nanoTime() < deadline) {
            Thread.sleep(IDLE_MS);
        }
    }

    long published() {
        return published;
    }

    synchronized int answered() {
        return received.size();
    }

    synchronized int failures() {
        return failed;
    }

    /** Why the first one was not answered OK; null when all were. */
    synchronized @Nullable Throwable firstFailure() {
        return firstFailure;
    }

    /** How answers came from {@code from} to {@code to}, both of {@link System#nanoTime}. */
    synchronized Span between(long from, long to) {
        List<Received> there = received.stream()
                .filter(answer -> answer.atNanos() >= from && answer.atNanos() <= to)
                .toList();
        long[] late = there.stream().mapToLong(Received::lateNanos).sorted().toArray();
        long[] at = there.stream().mapToLong(Received::atNanos).sorted().toArray();
        long gap = 0;
        for (int i = 1; i < at.length; i++) {
            gap = Math.max(gap, at[i] - at[i - 1]);
        }
        long p99 = late.length == 0 ? 0 : late[(int) Math.ceil(late.length * 0.99) - 1];
        return new Span(p99 / 1e6, gap / 1e6);
    }

    /** Top-1 of the answers between two moments that count for it, 0 to 1; 0 where there are none. */
    synchronized double accuracy(long from, long to) {
        List<Received> there = received.stream()
                .filter(answer -> answer.measured() && answer.atNanos() >= from && answer.atNanos() <= to)
                .toList();
        return there.stream().filter(Received::right).count() / (double) Math.max(1, there.size());
    }

    /** Answers a second over the last {@code window}. */
    synchronized double rate(Duration window) {
        long since = System.nanoTime() - window.toNanos();
        return Arrays.stream(received.stream().mapToLong(Received::atNanos).toArray())
                        .filter(at -> at >= since)
                        .count()
                / (window.toNanos() / 1e9);
    }
}
