package dev.millrace.worker.infer;

import dev.millrace.worker.model.ModelSpec;

/** Which head answers for which task. Stateless. */
final class TaskHeads {
    private TaskHeads() {}

    /**
     * A head for one thread.
     *
     * @param topK labels of a classifier's answer
     * @throws IllegalArgumentException if the spec's parameters are none that the head takes
     */
    static TaskHead of(ModelSpec spec, int topK) {
        return switch (spec.task()) {
            case CLASSIFICATION -> new ClassificationHead(spec.labels(), topK);
            case DETECTION -> new DetectionHead(spec);
            case MULTI_LABEL -> new MultiLabelHead(spec);
            case SEGMENTATION -> new SegmentationHead(spec);
            case EMBEDDING -> new EmbeddingHead(spec);
        };
    }
}
