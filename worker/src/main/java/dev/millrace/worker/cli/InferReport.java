package dev.millrace.worker.cli;

import dev.millrace.worker.infer.Prediction;
import java.nio.file.Path;

/** Where the command's findings go, image by image in the order given. */
sealed interface InferReport permits TextInferReport, JsonInferReport {

    void answered(Path image, Prediction prediction);

    /** An image could not be answered; {@code errorClass} is a stable upper-case word for programs. */
    void failed(Path image, String errorClass, String message);

    void end();
}
