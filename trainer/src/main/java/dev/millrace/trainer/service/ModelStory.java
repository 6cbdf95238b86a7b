package dev.millrace.trainer.service;

import dev.millrace.schemas.RolloutEvent;
import dev.millrace.trainer.retrain.RunStory;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * What was decided about a model, as far as it matters still: every trial that is held and every run adds to the control topic for ever.
 * Belongs to its follower.
 */
final class ModelStory {
    /** For people. */
    static final int MOST_EVENTS = 200;

    private final Deque<RolloutEvent> last = new ArrayDeque<>();
    private RunStory runs = RunStory.NOTHING;

    void add(RolloutEvent event) {
        runs = runs.after(event);
        last.addLast(event);
        if (last.size() > MOST_EVENTS) {
            last.removeFirst();
        }
    }

    /** Of all events. */
    RunStory runs() {
        return runs;
    }

    /** The last events, in order. */
    List<RolloutEvent> last() {
        return List.copyOf(last);
    }
}
