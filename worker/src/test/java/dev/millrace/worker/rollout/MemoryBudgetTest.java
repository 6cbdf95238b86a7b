package dev.millrace.worker.rollout;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.worker.model.ModelRefusedException;
import dev.millrace.worker.model.ModelSpec;
import dev.millrace.worker.model.TinyModels;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    private static final byte[] ONNX = TinyModels.classifier(2, 2, 1, 2);

    @Test
    void refusesByNameWhatDoesNotFitBesideWhatIsLoaded() throws Exception {
        ModelSpec one = ModelSpec.describe(ONNX).as("one", 1);
        ModelSpec two = ModelSpec.describe(ONNX).as("two", 7);
        long each = 2L * ONNX.length * 3;
        MemoryBudget budget = new MemoryBudget(2 * each, 3);

        assertThatCode(() -> budget.require(one, List.of())).doesNotThrowAnyException();
        assertThatCode(() -> budget.require(two, List.of(one))).doesNotThrowAnyException();
        assertThatThrownBy(() -> budget.require(one.as("one", 2), List.of(one, two)))
                .isInstanceOf(ModelRefusedException.class)
                .hasMessageStartingWith("memory: one v2 needs ")
                .hasMessageContaining("[one v1, two v7]")
                .hasMessageContaining("millrace.models.memory");
    }

    @Test
    void hasNoLimitUnlessOneIsSet() {
        MemoryBudget none = new MemoryBudget(0, 64);
        assertThatCode(() -> none.require(ModelSpec.describe(ONNX).as("one", 1), List.of()))
                .doesNotThrowAnyException();
    }
}
