package dev.millrace.worker.infer;

/** What a detector's outputs say of classes: at each place the best one. */
interface Scores {

    /** Places, as {@link BoxDecoding} counts them. */
    int places();

    /** Looks at the image that the outputs were read of. */
    void rank();

    /** 0 to 1; where it would be below the threshold, anything below it. */
    float score(int place);

    /** Its class, from 0, without the background. */
    int index(int place);
}
