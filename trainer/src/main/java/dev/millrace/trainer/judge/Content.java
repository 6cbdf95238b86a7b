package dev.millrace.trainer.judge;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an answer says, so far as two of them can be compared.
 *
 * @param best label; null where an answer names none, as a detector's
 * @param counts how many of each class: boxes, pixels of a map, or once the best label
 */
record Content(@Nullable String best, Map<String, Integer> counts) {
    static Content labelled(String best) {
        return new Content(best, Map.of(best, 1));
    }

    static Content counted(Map<String, Integer> counts) {
        return new Content(null, Map.copyOf(counts));
    }

    /**
     * 0 to 1: of all that both count, the part that the other one counts too; two that count nothing agree (L. R. Dice, Ecology 26 (1945)
     * 297-302, of multisets). Of two best labels it is 1 or 0.
     */
    double agreement(Content other) {
        long common = 0;
        for (Map.Entry<String, Integer> entry : counts.entrySet()) {
            common += Math.min(entry.getValue(), other.counts.getOrDefault(entry.getKey(), 0));
        }
        long all = total() + other.total();
        return all == 0 ? 1 : 2.0 * common / all;
    }

    private long total() {
        return counts.values().stream().mapToLong(Integer::intValue).sum();
    }
}
