package dev.millrace.infra.demo;

import dev.millrace.infra.source.DatasetSource;
import dev.millrace.producer.Answer;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.source.SourceImage;
import dev.millrace.schemas.ResultStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Publishes images one after the other at a steady rate, whatever comes back, says for each answer what its image really showed, and notes
 * when it came. A thread of its own publishes; the client's threads note; the rest is the demo's.
 */
final class SteadyLoad {
    private static final long IDLE_MS = 20;

    private final ImageClient client;
    private final List<String> classes;
    private final List<SourceImage> images = new ArrayList<>();
    private final long periodNanos;
    private final Thread publisher = new Thread(this::publish, "demo-load");
    private final List<Received> received = new ArrayList<>();
    private volatile boolean stopped;
    private volatile long published;
    private int failed;
    private @Nullable Throwable firstFailure;

    /**
     * An answer.
     *
     * @param atNanos when it came, of {@link System#nanoTime}
     * @param lateNanos after the moment at which its request was due
     */
    record Received(long atNanos, long lateNanos) {}

    /**
     * How answers came between two moments.
     *
     * @param p99Ms from the moment at which requests were due
     * @param longestGapMs between one answer and the next
     */
    record Span(double p99Ms, double longestGapMs) {}

    SteadyLoad(ImageClient client, DatasetSource source, int perSecond) {
        this.client = client;
        this.classes = source.classes();
        source.forEach(images::add);
        this.periodNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        publisher.setDaemon(true);
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
            publish(images.get(i % images.size()), due);
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
    private void publish(SourceImage image, long due) {
        published++;
        try {
            var unused = client.publishAndAwait(image.read()).whenComplete((answer, failure) -> {
                if (failure == null) {
                    answered(answer, image.label().orElseThrow(), due);
                } else {
                    failed(failure);
                }
            });
        } catch (IOException | RuntimeException e) {
            failed(e);
        }
    }

    private void answered(Answer answer, int label, long due) {
        long now = System.nanoTime();
        if (answer.result().getStatus() != ResultStatus.OK) {
            failed(new DemoException(
                    answer.result().getStatus() + ": " + answer.result().getErrorMessage()));
            return;
        }
        var unused = client.feedback(answer.result(), classes.get(label), "demo");
        synchronized (this) {
            received.add(new Received(now, now - due));
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

    /** Answers a second over the last {@code window}. */
    synchronized double rate(Duration window) {
        long since = System.nanoTime() - window.toNanos();
        return Arrays.stream(received.stream().mapToLong(Received::atNanos).toArray())
                        .filter(at -> at >= since)
                        .count()
                / (window.toNanos() / 1e9);
    }
}
