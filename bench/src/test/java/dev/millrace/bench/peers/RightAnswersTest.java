package dev.millrace.bench.peers;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.bench.bed.Dialect.Answer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RightAnswersTest {
    private final RightAnswers right =
            new RightAnswers(List.of(new float[] {0, 2, 1}, new float[] {3, 2.999f, 0}, new float[] {0, 0, 5}));

    @Test
    void theModelsOwnAnswersAreRight() {
        assertThatCode(() -> right.check(List.of(answer(1, 2), answer(0, 3), answer(2, 5)), false))
                .doesNotThrowAnyException();
    }

    @Test
    void aClassThatIsAsGoodIsRight() {
        assertThatCode(() -> right.check(List.of(answer(1, 2), answer(1, 2.999)), false))
                .doesNotThrowAnyException();
    }

    @Test
    void probabilitiesAreComparedWithTheSoftmax() {
        double sum = Math.exp(0) + Math.exp(2) + Math.exp(1);
        assertThatCode(() -> right.check(List.of(answer(1, Math.exp(2) / sum)), true))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "2, 1, class 2 for image 0 (expected: 1)",
        "-1, 0, class -1",
        "3, 0, class 3",
        "1, 2.5, score 2.5 for image 0",
        "1, NaN, score NaN"
    })
    void anotherAnswerIsWrong(int best, double score, String said) {
        assertThatThrownBy(() -> right.check(List.of(answer(best, score)), false))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(said);
    }

    private static Answer answer(int best, double score) {
        return new Answer(0, 0, best, score, 1, Map.of());
    }
}
