package dev.millrace.trainer.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.dataset.ImageShape;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkCostTest {
    @Test
    void backbonesHaveThePublishedNumbersOfWeights() {
        assertThat(cost(Architecture.RESNET18, 224)).isEqualTo(new NetworkCost(11_689_512, 1_814_073_344));
        assertThat(cost(Architecture.RESNET50, 224)).isEqualTo(new NetworkCost(25_557_032, 4_089_184_256L));
        assertThat(cost(Architecture.EFFICIENTNET_LITE0, 224).parameters()).isEqualTo(4_652_008);
        assertThat(cost(Architecture.EFFICIENTNET_LITE1, 240).parameters()).isEqualTo(5_416_680);
        assertThat(cost(Architecture.EFFICIENTNET_LITE2, 260).parameters()).isEqualTo(6_092_072);
    }

    @Test
    void countsEveryKindOfOperation() {
        List<Op> ops = List.of(
                new Op.ChannelAffine("scale", Network.INPUT, List.of(1f, 2f, 3f), List.of(0f, 0f, 0f)),
                new Op.Conv("conv", "scale", 3, 8, 3, 2, Padding.same(6, 5, 3, 2), 1),
                new Op.BatchNorm("norm", "conv", 8, 1),
                new Op.Relu6("relu", "norm"),
                new Op.Conv("depthwise", "relu", 8, 8, 3, 1, Padding.even(1), 8),
                new Op.BatchNorm("depthwise_norm", "depthwise", 8, 1),
                new Op.Add("join", "relu", "depthwise_norm"),
                new Op.MaxPool("pool", "join", 3, 2, 1),
                new Op.GlobalAveragePool("mean", "pool"),
                new Op.Linear("logits", "mean", 8, 2));
        Network network = new Network("x", new ImageShape(6, 5, 3), 2, ops);

        NetworkCost cost = NetworkCost.of(network);

        assertThat(cost.parameters()).isEqualTo(8 * 3 * 9 + 16 + 8 * 9 + 16 + 8 * 2 + 2);
        assertThat(cost.multiplyAccumulates()).isEqualTo(3 * 3 * 8 * 3 * 9 + 3 * 3 * 8 * 9 + 8 * 2);
        assertThat(cost).hasToString("0.00 M weights, 0.0 M multiply-accumulates");
    }

    @Test
    void samePaddingIsOneMoreBelowAndOnTheRightWhereItIsOdd() {
        assertThat(Padding.same(224, 225, 3, 2)).isEqualTo(new Padding(0, 1, 1, 1));
        assertThat(Padding.same(224, 224, 5, 2)).isEqualTo(new Padding(1, 1, 2, 2));
        assertThat(Padding.same(7, 7, 5, 1)).isEqualTo(Padding.even(2));
        assertThat(Padding.same(7, 7, 1, 1)).isEqualTo(Padding.even(0));
    }

    @Test
    void imagesThatAreTooSmallAreRefused() {
        assertThatThrownBy(() -> Architecture.VGG.network(new ImageShape(4, 32, 3), 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("stage3_pool: reads 1x8 (expected: at least 2x2; take larger images)");
    }

    @Test
    void backbonesTakeColourImages() {
        assertThat(Architecture.RESNET18.input(new ImageShape(28, 28, 1))).isEqualTo(new ImageShape(28, 28, 3));
        assertThat(Architecture.VGGRES.input(new ImageShape(28, 28, 1))).isEqualTo(new ImageShape(28, 28, 1));
        assertThatThrownBy(() -> Architecture.RESNET18.network(new ImageShape(28, 28, 1), 10))
                .hasMessageContaining("reads 1 channels (expected: 3)");
    }

    private static NetworkCost cost(Architecture architecture, int size) {
        return NetworkCost.of(architecture.network(new ImageShape(size, size, 3), 1_000));
    }
}
