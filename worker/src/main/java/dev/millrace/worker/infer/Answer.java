package dev.millrace.worker.infer;

import java.util.List;

/** What a model says of one image; which kind, its task decides. */
public sealed interface Answer {

    /**
     * What the image shows.
     *
     * @param best the best first
     */
    record Labels(List<ScoredLabel> best) implements Answer {
        public Labels {
            best = List.copyOf(best);
        }
    }
}
