package dev.millrace.trainer.drift;

import dev.millrace.trainer.evaluate.ConfusionMatrix;
import dev.millrace.trainer.evaluate.Evaluation;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * How a model answers where nothing has changed: on images like those that it was trained on. Written to JSON and read from it as it is.
 *
 * @param answers images that it answered with each class, by class index; none below 0, one at least above
 * @param confidence mean score of the best label, 0 to 1
 */
public record Reference(List<Long> answers, double confidence) {
    /** @throws IllegalArgumentException for numbers out of range */
    public Reference {
        answers = List.copyOf(answers);
        if (answers.stream().anyMatch(count -> count < 0) || answers.stream().noneMatch(count -> count > 0)) {
            throw new IllegalArgumentException(
                    "answers: %s (expected: a count from 0 for each class, one above 0)".formatted(answers));
        }
        if (!(confidence >= 0 && confidence <= 1)) {
            throw new IllegalArgumentException("confidence: %s (expected: 0 to 1)".formatted(confidence));
        }
    }

    /** The answers of an evaluation, which are a worker's: the same decoding, the same session, the same softmax. */
    public static Reference of(Evaluation evaluation) {
        ConfusionMatrix confusion = evaluation.confusion();
        int classes = confusion.labels().size();
        List<Long> answers = IntStream.range(0, classes)
                .mapToObj(answer -> IntStream.range(0, classes)
                        .mapToLong(truth -> confusion.count(truth, answer))
                        .sum())
                .toList();
        return new Reference(answers, evaluation.confidence());
    }

    long[] counts() {
        return answers.stream().flatMapToLong(LongStream::of).toArray();
    }
}
