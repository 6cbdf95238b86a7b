package dev.millrace.bench.soak;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What is measured of a process, and by how much it may grow after the warm-up. */
enum Measure {
    /** Resident memory; the bound is for what compilers and malloc's arenas take late. */
    @JsonProperty("rss_mib")
    RSS("RSS, MiB", 16),
    /** What is in use on the heap after a full collection; the bound is for caches and for what is on its way just then. */
    @JsonProperty("live_heap_mib")
    HEAP("live heap, MiB", 8),
    /** Open file descriptors; a connection that the broker closed for idleness may come back. */
    @JsonProperty("descriptors")
    DESCRIPTORS("descriptors", 2),
    /** Threads; one that a pool let go may come back. */
    @JsonProperty("threads")
    THREADS("threads", 2);

    private final String title;
    private final int bound;

    Measure(String title, int bound) {
        this.title = title;
        this.bound = bound;
    }

    /** Its name with its unit. */
    String title() {
        return title;
    }

    /** Most that it may grow by. */
    int bound() {
        return bound;
    }
}
