package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class LabelOrderTest {
    @Test
    void findsClassesByNameInAnyOrder() throws Exception {
        assertThat(positions(List.of("cat", "dog"), List.of("dog", "bird", "cat")))
                .containsExactly(2, 0);
    }

    @Test
    void looksPastPunctuationAndCase() throws Exception {
        assertThat(positions(List.of("ankle_boot", "T-shirt top"), List.of("T-shirt/top", "Ankle boot")))
                .containsExactly(1, 0);
    }

    @Test
    void takesNumbersForPositionsUnlessTheyAreNames() throws Exception {
        assertThat(positions(List.of("00", "02"), List.of("a", "b", "c"))).containsExactly(0, 2);
        assertThat(positions(List.of("1", "2"), List.of("2", "1"))).containsExactly(1, 0);
    }

    @Test
    void takesTheOrderAsItIsWhereTheModelHasNoNames() throws Exception {
        assertThat(positions(List.of("x", "y"), List.of("class 0", "class 1"))).containsExactly(0, 1);
    }

    @Test
    void namesTheClassThatTheModelDoesNotKnow() {
        assertThatThrownBy(() -> positions(List.of("cat", "zebra"), List.of("cat", "dog")))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining(
                        "classes: [zebra] of pets (expected: only labels that the model knows: [cat, dog]");
        assertThatThrownBy(() -> positions(List.of("5"), List.of("a", "b"))).isInstanceOf(DatasetException.class);
        assertThatThrownBy(() -> positions(List.of("x"), List.of("class 0", "class 1")))
                .isInstanceOf(DatasetException.class);
    }

    @Test
    void givesADataSetTheLabelsOfAModel() throws Exception {
        Dataset bundled = DatasetSpec.parse("bundled:fashion-mnist").load();
        List<String> sorted = bundled.classes().stream().sorted().toList();

        Dataset relabelled = bundled.labelledAs(sorted);

        assertThat(relabelled.classes()).isEqualTo(sorted);
        for (int i = 0; i < 100; i++) {
            assertThat(sorted.get(relabelled.test().label(i)))
                    .isEqualTo(bundled.classes().get(bundled.test().label(i)));
        }
    }

    private static int[] positions(List<String> classes, List<String> labels) throws DatasetException {
        return LabelOrder.positions("pets", classes, labels);
    }
}
