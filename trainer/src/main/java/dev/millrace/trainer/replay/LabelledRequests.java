package dev.millrace.trainer.replay;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Joins labels with the places of the requests that they are about, whichever comes first, any number of times. Results say where their
 * request is; a label may say so itself. Labels of one request must come in order, of which the last one counts; all else may come in any order.
 * One thread at a time.
 *
 * <p>It remembers so many places and so many labels that wait for theirs, the last ones that came of each.
 */
public final class LabelledRequests {
    private static final int MOST_TOPICS = 1_000;

    private final Map<String, Integer> classes = new HashMap<>();
    private final int remembered;
    private final Map<RequestHash, Place> places = new LinkedHashMap<>();
    private final Map<RequestHash, Integer> waiting = new LinkedHashMap<>();
    private final Map<String, String> topics = new HashMap<>();
    private long seen;
    private long outside;
    private long unknown;

    /** Where a request is, and with which label it was given out last. */
    private static final class Place {
        private final String topic;
        private final int partition;
        private final long offset;
        private int label = -1;

        Place(String topic, int partition, long offset) {
            this.topic = topic;
            this.partition = partition;
            this.offset = offset;
        }
    }

    /**
     * A join that has seen nothing.
     *
     * @param classes names by label, as the model has them
     * @param remembered places at most, and labels that wait at most; at least 1
     */
    public LabelledRequests(List<String> classes, int remembered) {
        if (remembered < 1) {
            throw new IllegalArgumentException("remembered: %d (expected: at least 1)".formatted(remembered));
        }
        for (int label = 0; label < classes.size(); label++) {
            this.classes.put(classes.get(label), label);
        }
        this.remembered = remembered;
    }

    /**
     * A result of the model came.
     *
     * @return the request, where a label waited for this
     */
    public Optional<LabelledRequest> answered(String requestId, String topic, int partition, long offset) {
        RequestHash request = RequestHash.of(requestId);
        Place place = places.get(request);
        if (place == null) {
            place = new Place(interned(topic), partition, offset);
            places.put(request, place);
            if (places.size() > remembered) {
                removeOldest(places);
            }
        }
        Integer label = waiting.remove(request);
        return label == null ? Optional.empty() : given(requestId, label, place);
    }

    /**
     * A label came. One that is no class of the model is passed over, as if it had not come.
     *
     * @param topic of the request, with its partition and offset, as the label says; empty: it does not
     * @return the request, where its place is known and it was not given out with this label last
     */
    public Optional<LabelledRequest> labelled(
            String requestId, String label, String topic, int partition, long offset) {
        seen++;
        Integer index = classes.get(label);
        if (index == null) {
            outside++;
            return Optional.empty();
        }
        RequestHash request = RequestHash.of(requestId);
        Place place = places.get(request);
        if (place != null) {
            // What a worker read is more certain than what a label says.
            return given(requestId, index, place);
        }
        // A newer label goes to the end, and what it supersedes must not come after it.
        waiting.remove(request);
        if (!topic.isEmpty() && partition >= 0 && offset >= 0) {
            return Optional.of(new LabelledRequest(requestId, index, topic, partition, offset));
        }
        waiting.put(request, index);
        if (waiting.size() > remembered) {
            removeOldest(waiting);
            unknown++;
        }
        return Optional.empty();
    }

    private static Optional<LabelledRequest> given(String requestId, int label, Place place) {
        if (place.label == label) {
            return Optional.empty();
        }
        place.label = label;
        return Optional.of(new LabelledRequest(requestId, label, place.topic, place.partition, place.offset));
    }

    private static void removeOldest(Map<?, ?> map) {
        Iterator<?> oldest = map.keySet().iterator();
        oldest.next();
        oldest.remove();
    }

    /** One string for each topic: there are few, and many places. */
    private String interned(String topic) {
        @Nullable String known = topics.get(topic);
        if (known != null) {
            return known;
        }
        if (topics.size() < MOST_TOPICS) {
            topics.put(topic, topic);
        }
        return topic;
    }

    /** What became of the labels until now. */
    public LabelCounts counts() {
        return new LabelCounts(seen, outside, unknown, waiting.size());
    }
}
