package dev.millrace.trainer.torch;

import dev.millrace.trainer.torch.Targets.Lesson;
import dev.millrace.trainer.weights.FloatTensor;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.CrossEntropyLossOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * How far a network's answers are from what they should be: cross entropy with label smoothing (Szegedy et al. 2016), and the
 * divergence from what a teacher answers to images augmented as the student's are (Beyer et al. 2022).
 */
final class Loss {
    private final double labelSmoothing;

    Loss(double labelSmoothing) {
        this.labelSmoothing = labelSmoothing;
    }

    /**
     * Mean over a batch, a scalar.
     *
     * @param logits [n, classes]
     */
    Tensor of(Tensor logits, Targets targets) {
        Tensor ofLabels = crossEntropy(logits, targets.labels);
        if (targets.mixed()) {
            ofLabels = ofLabels.mul(Torch.scalar(targets.share))
                    .add(crossEntropy(logits, targets.others).mul(Torch.scalar(1 - targets.share)));
        }
        Lesson lesson = targets.lesson;
        return lesson == null
                ? ofLabels
                : ofLabels.mul(Torch.scalar(1 - lesson.weight()))
                        .add(divergence(logits, lesson).mul(Torch.scalar(lesson.weight())));
    }

    private Tensor crossEntropy(Tensor logits, long[] labels) {
        Tensor classes = torch.from_blob(
                new LongPointer(labels), new long[] {labels.length}, new TensorOptions(torch.ScalarType.Long));
        CrossEntropyLossOptions options = new CrossEntropyLossOptions();
        options.label_smoothing().put(labelSmoothing);
        return torch.cross_entropy(logits, classes, options);
    }

    private static Tensor divergence(Tensor logits, Lesson lesson) {
        long classes = logits.size(1);
        double temperature = lesson.temperature();
        Tensor teacher = Torch.tensor(new FloatTensor(new long[] {logits.size(0), classes}, lesson.logits()))
                .div(Torch.scalar(temperature))
                .softmax(1);
        Tensor student = logits.div(Torch.scalar(temperature)).log_softmax(1);
        // The mean is over classes, too; and the temperature makes gradients smaller by its square.
        return torch.kl_div(student, teacher).mul(Torch.scalar(classes * temperature * temperature));
    }
}
