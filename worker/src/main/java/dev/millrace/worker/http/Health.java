package dev.millrace.worker.http;

import java.util.List;

/**
 * How a worker is.
 *
 * @param live false when it should be restarted
 * @param ready false while it cannot answer requests
 * @param reasons why it is not live or not ready, and what it does without meanwhile; empty when all is well
 */
public record Health(boolean live, boolean ready, List<String> reasons) {
    /** Copies the reasons. */
    public Health {
        reasons = List.copyOf(reasons);
    }
}
