package dev.millrace.bench.limit.child;

import java.lang.management.ManagementFactory;

/**
 * What threads spent on images.
 *
 * @param images that they answered
 * @param nanos of the clock on the wall
 * @param cpuNanos of those threads
 * @param allocatedBytes by those threads, on the Java heap
 */
public record Effort(long images, long nanos, long cpuNanos, long allocatedBytes) {
    /** Nothing done. */
    public static final Effort NONE = new Effort(0, 0, 0, 0);

    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** The calling thread's account so far; images are the caller's to count. */
    static Effort soFar(long images) {
        return new Effort(
                images, System.nanoTime(), THREADS.getCurrentThreadCpuTime(), THREADS.getCurrentThreadAllocatedBytes());
    }

    /** What came after {@code before}. */
    public Effort since(Effort before) {
        return new Effort(
                images - before.images,
                nanos - before.nanos,
                cpuNanos - before.cpuNanos,
                allocatedBytes - before.allocatedBytes);
    }

    /** Of two threads at the same time. */
    public Effort beside(Effort other) {
        return new Effort(
                images + other.images,
                Math.max(nanos, other.nanos),
                cpuNanos + other.cpuNanos,
                allocatedBytes + other.allocatedBytes);
    }

    /** Of the same images, one step after the other. */
    public Effort then(Effort next) {
        return new Effort(
                Math.max(images, next.images),
                nanos + next.nanos,
                cpuNanos + next.cpuNanos,
                allocatedBytes + next.allocatedBytes);
    }

    /** Images in a second. */
    public double rate() {
        return images * 1e9 / nanos;
    }

    /** CPU microseconds for an image. */
    public double cpuMicros() {
        return cpuNanos / 1e3 / images;
    }

    /** Bytes allocated for an image. */
    public double bytes() {
        return (double) allocatedBytes / images;
    }
}
