package dev.millrace.trainer.replay;

import java.util.ArrayDeque;
import java.util.Deque;

/** The slots of one class: which have an image, oldest first, and which have none. Belongs to its buffer. */
final class ClassRing {
    private final Deque<Integer> free = new ArrayDeque<>();
    private final Deque<Integer> taken = new ArrayDeque<>();

    /** The slot to write next: one without an image, else that of the oldest one. It has none from now on. */
    int next() {
        Integer oldest = free.isEmpty() ? taken.pollFirst() : null;
        if (oldest != null) {
            free.addFirst(oldest);
        }
        return free.element();
    }

    /** The slot has the newest image now. */
    void take(int slot) {
        free.remove(slot);
        taken.addLast(slot);
    }

    /** The slot has no image any more, or never had one. */
    void release(int slot) {
        taken.remove(slot);
        free.addLast(slot);
    }

    int size() {
        return taken.size();
    }
}
