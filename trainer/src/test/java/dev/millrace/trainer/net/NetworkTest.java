package dev.millrace.trainer.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkTest {
    private static final ImageShape SHAPE = new ImageShape(4, 4, 1);

    @Test
    void refusesAnOperationThatReadsWhatNobodyMade() {
        assertThatThrownBy(() -> new Network("x", SHAPE, 2, List.of(new Op.Relu("a", "b"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a: reads [b]");
    }

    @Test
    void refusesTwoOperationsOfOneName() {
        List<Op> twice = List.of(new Op.Relu("a", Network.INPUT), new Op.Relu("a", Network.INPUT));

        assertThatThrownBy(() -> new Network("x", SHAPE, 2, twice)).hasMessageContaining("operation name: a");
    }

    @Test
    void findsArchitecturesByTheirId() {
        for (Architecture architecture : Architecture.values()) {
            assertThat(Architecture.parse(architecture.id())).isEqualTo(architecture);
            assertThat(architecture.network(new ImageShape(32, 32, 3), 100).output())
                    .isEqualTo("logits");
        }
        assertThatThrownBy(() -> Architecture.parse("resnet-huge")).hasMessageContaining("resnet-mini");
    }

    @Test
    void normalizesWithPowersOfTwoOnly() {
        assertThat(Normalization.around(72.94)).isEqualTo(new Normalization(73, 1 / 64f));
        assertThatThrownBy(() -> new Normalization(73, 0.01f)).hasMessageContaining("power of two");
        assertThatThrownBy(() -> new Normalization(256, 0.5f)).hasMessageContaining("0 to 255");
    }
}
