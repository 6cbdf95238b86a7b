package dev.millrace.trainer.cli;

import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.fit.Distillation;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What `train` takes to learn from a larger network. */
final class DistillationOptions {
    @Option(
            names = "--teacher",
            paramLabel = "MODEL",
            description = "learn from this model's answers, too (knowledge distillation): " + BundledModels.FORMS
                    + ", for the same classes; usually a larger network")
    private @Nullable String teacher;

    @Option(
            names = "--teacher-weight",
            paramLabel = "X",
            description = "with --teacher: share of its answers in the loss (default: " + Distillation.WEIGHT + ")")
    private @Nullable Double weight;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "with --teacher: softens the answers by this (default: " + Distillation.TEMPERATURE + ")")
    private @Nullable Double temperature;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    /**
     * Reads the teacher; null when none is named.
     *
     * @throws ParameterException when other options are given without a teacher
     * @throws IOException when there is no such model, or it cannot teach
     */
    @Nullable
    Distillation read() throws IOException {
        if (teacher == null) {
            if (spec != null && (weight != null || temperature != null)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--teacher-weight, --temperature: given without --teacher (expected: with it)");
            }
            return null;
        }
        return Distillation.by(
                BundledModels.read(teacher),
                weight == null ? Distillation.WEIGHT : weight,
                temperature == null ? Distillation.TEMPERATURE : temperature);
    }
}
