package dev.millrace.trainer.card;

import dev.millrace.trainer.evaluate.ClassReport;
import dev.millrace.trainer.evaluate.Evaluation;
import dev.millrace.trainer.parity.ParityReport;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A model card (Mitchell et al. 2019) of a bundled model: what it is for, what it was made of, what it does and where it fails.
 *
 * @param metadata of the int8 model
 * @param parity of the fp32 model with the trained network, on the test images
 * @param fp32 on the test images
 * @param int8 on the test images
 * @param command makes it again
 */
public record ModelCard(
        Map<String, String> metadata, ParityReport parity, Evaluation fp32, Evaluation int8, String command) {
    /** The card in Markdown. */
    public String markdown() {
        return String.format(
                Locale.ROOT,
                """
                # %s

                Says which of ten kinds of clothing a 28x28 grey image shows. For showing and testing Millrace, not for
                use on photographs: it has only ever seen centred garments on black.

                - network: %s, int8 (%s)
                - trained on Fashion-MNIST (Zalando, MIT; sha256 of the training part %s)
                - recipe: `%s`; epoch %s was the best on 5,000 validation images
                - input `pixels`: uint8 [n, 1, 28, 28]; output `logits`: float [n, 10]
                - made again by: `%s`

                | on the %,d test images | fp32 | int8 |
                |---|---|---|
                | top-1 | %.2f %% | %.2f %% |
                | top-5 | %.2f %% | %.2f %% |
                | bytes | %,d | %,d |
                | images/s, one thread, the machine it was made on | %,.0f | %,.0f |

                PyTorch and ONNX Runtime differ by at most %.1e in a logit of the fp32 model over these images
                (allowed: %.0e); same best label for %.2f %% of them.

                | class (int8) | precision | recall |
                |---|---|---|
                %s

                ![learning curve](learning-curve.svg)
                """,
                metadata.getOrDefault("millrace.name", "model"),
                metadata.getOrDefault("architecture", ""),
                metadata.getOrDefault("quantization", ""),
                metadata.getOrDefault("dataset.sha256", ""),
                metadata.getOrDefault("recipe", ""),
                metadata.getOrDefault("epoch", ""),
                command,
                int8.images(),
                100 * fp32.top1(),
                100 * int8.top1(),
                100 * fp32.top5(),
                100 * int8.top5(),
                fp32.bytes(),
                int8.bytes(),
                fp32.imagesPerSecond(),
                int8.imagesPerSecond(),
                parity.maxDifference(),
                parity.tolerance(),
                100 * parity.top1Agreement(),
                int8.classes().stream().map(ModelCard::row).collect(Collectors.joining("\n")));
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
