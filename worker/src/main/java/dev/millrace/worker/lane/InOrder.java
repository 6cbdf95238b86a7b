package dev.millrace.worker.lane;

import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Lets the answers of a turn go in the order in which their records were taken, whatever order their batches run in: two
 * results of one key never change places, also where two model versions answer it or one of them is a refusal. Lives for
 * one turn on the lane thread; what was not let go is read again after a failed turn.
 */
final class InOrder {
    private final Queue<Place> places = new ArrayDeque<>();

    /** A place behind all others. */
    Place next() {
        Place place = new Place();
        places.add(place);
        return place;
    }

    /** Where one record stands. */
    final class Place {
        private @Nullable Runnable answer;

        private Place() {}

        /** Gives the place up: its record gets no answer in this turn. */
        void leave() {
            fill(() -> {});
        }

        /** Runs {@code answer} once every place before this one has been filled. */
        void fill(Runnable answer) {
            this.answer = answer;
            while (!places.isEmpty() && places.element().answer != null) {
                Objects.requireNonNull(places.remove().answer).run();
            }
        }
    }
}
