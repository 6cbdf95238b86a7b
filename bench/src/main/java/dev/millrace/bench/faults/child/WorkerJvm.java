package dev.millrace.bench.faults.child;

import java.util.List;

/** How the JVM of a worker is set up beside what a product worker has. */
public enum WorkerJvm {
    /** For a worker that lives for a minute: it has no use for the second compiler. */
    BRIEF("-Xmx256m -XX:TieredStopAtLevel=1"),
    /**
     * For a worker whose memory is watched. The whole heap is resident from the start, so that what grows later is not
     * heap that is touched for the first time.
     */
    WATCHED("-Xms256m -Xmx256m -XX:+AlwaysPreTouch");

    private final String flags;

    WorkerJvm(String flags) {
        this.flags = flags;
    }

    List<String> flags() {
        return List.of(flags.split(" "));
    }
}
