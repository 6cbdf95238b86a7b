package dev.millrace.trainer.dataset;

/** What a part of a data set is for. Choices are made on validation; the test part only reports. */
public enum Split {
    TRAIN,
    VALIDATION,
    TEST
}
