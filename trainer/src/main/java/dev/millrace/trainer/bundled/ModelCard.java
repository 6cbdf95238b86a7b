package dev.millrace.trainer.bundled;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.evaluate.ClassReport;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.evaluate.FlipAverage;
import dev.millrace.trainer.net.NetworkCost;
import dev.millrace.trainer.parity.ParityReport;
import dev.millrace.trainer.weights.TrainedNet;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model card (Mitchell et al. 2019) of a bundled model: what it is for, what it was made of, what it does and where it fails.
 *
 * @param metadata of the int8 model
 * @param parity of the fp32 model with the trained network, on the test images
 * @param fp32 on the test images
 * @param int8 on the test images
 */
record ModelCard(
        BundledModel model,
        TrainedNet trained,
        Map<String, String> metadata,
        ParityReport parity,
        Evaluation fp32,
        Evaluation int8) {
    /** The card in Markdown. */
    String markdown() {
        ImageShape input = trained.network().input();
        return String.format(
                Locale.ROOT,
                """
                # %s

                %s

                - network: %s, %s for an image; int8 (%s)
                - training images: sha256 %s
                - recipe: `%s`; epoch %s was the best on the validation images, top-1 there %s%s
                - input `pixels`: uint8 [n, %d, %d, %d]; output `logits`: float [n, %d]
                - made again by: `millrace make-bundled %s`

                | on the %,d test images | fp32 | int8 |
                |---|---|---|
                | top-1 | %.2f %% | %.2f %% |
                | top-5 | %.2f %% | %.2f %% |
                | top-1 of an image and its mirror image together, which no worker does | %.2f %% | %.2f %% |
                | bytes | %,d | %,d |
                | images/s, one thread, the machine it was made on | %,.0f | %,.0f |

                PyTorch and ONNX Runtime differ by at most %.1e in a logit of the fp32 model over these images
                (allowed: %.0e); same best label for %.2f %% of them.

                ![learning curve](learning-curve.svg)

                | class (int8) | precision | recall |
                |---|---|---|
                %s
                """,
                metadata.getOrDefault("millrace.name", "model"),
                model.about(),
                trained.network().architecture(),
                NetworkCost.of(trained.network()),
                metadata.getOrDefault("quantization", ""),
                metadata.getOrDefault("dataset.sha256", ""),
                metadata.getOrDefault("recipe", ""),
                metadata.getOrDefault("epoch", ""),
                metadata.getOrDefault("metrics.top1.validation", ""),
                teacher(),
                input.channels(),
                input.height(),
                input.width(),
                trained.labels().size(),
                model.id(),
                int8.images(),
                100 * fp32.top1(),
                100 * int8.top1(),
                100 * fp32.top5(),
                100 * int8.top5(),
                100 * flipped(fp32, FlipAverage::top1),
                100 * flipped(int8, FlipAverage::top1),
                fp32.bytes(),
                int8.bytes(),
                fp32.imagesPerSecond(),
                int8.imagesPerSecond(),
                parity.maxDifference(),
                parity.tolerance(),
                100 * parity.top1Agreement(),
                int8.classes().stream().map(ModelCard::row).collect(Collectors.joining("\n")));
    }

    private String teacher() {
        String teacher = model.training().teacher();
        if (teacher == null) {
            return "";
        }
        return String.format(
                Locale.ROOT,
                "%n- taught by `%s`, a %s of top-1 %s on the validation images (share of its answers in the loss %s, temperature %s; sha256 of it %s)",
                teacher,
                metadata.getOrDefault("teacher.architecture", ""),
                metadata.getOrDefault("teacher.top1.validation", ""),
                metadata.getOrDefault("teacher.weight", ""),
                metadata.getOrDefault("teacher.temperature", ""),
                metadata.getOrDefault("teacher.sha256", ""));
    }

    private static double flipped(Evaluation evaluation, ToDoubleFunction<FlipAverage> figure) {
        @Nullable FlipAverage flip = evaluation.flip();
        return flip == null ? Double.NaN : figure.applyAsDouble(flip);
    }

    private static String row(ClassReport report) {
        return String.format(
                Locale.ROOT,
                "| %s | %.1f %% | %.1f %% |",
                report.label(),
                100 * report.precision(),
                100 * report.recall());
    }
}
