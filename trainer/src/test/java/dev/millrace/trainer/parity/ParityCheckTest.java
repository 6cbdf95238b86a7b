package dev.millrace.trainer.parity;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.net.Network;
import dev.millrace.trainer.net.Op;
import dev.millrace.trainer.net.Padding;
import dev.millrace.trainer.weights.FloatTensor;
import dev.millrace.trainer.weights.TrainedNet;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParityCheckTest {
    @Test
    void bothEnginesComputeTheSameFromOneListOfOperations() throws Exception {
        TrainedNet net = Samples.randomNet(3);
        Dataset data = Samples.dataset();

        ParityReport report = new ParityCheck(net, 1)
                .compare(OnnxExport.export(net, "random").toByteArray(), data.test(), ParityCheck.TOLERANCE);

        assertThat(report.passed()).as(report.toString()).isTrue();
        assertThat(report.images()).isEqualTo(100);
        assertThat(report.top1Agreement()).isEqualTo(1);
        assertThat(report.maxDifference()).isPositive();
    }

    @Test
    void bothEnginesPoolAlike() throws Exception {
        Dataset data = Samples.dataset();
        List<Op> ops = List.of(
                new Op.Conv("a_conv", Network.INPUT, 1, 16, 3, 1, 1),
                new Op.BatchNorm("a_norm", "a_conv", 16, 1),
                new Op.MaxPool("a_pool", "a_norm", 2),
                new Op.Relu("a_relu", "a_pool"),
                new Op.GlobalAveragePool("pool", "a_relu"),
                new Op.Linear("logits", "pool", 16, 10));
        TrainedNet net = Samples.randomNet(new Network("pooling", data.shape(), 10, ops), 4);

        ParityReport report = new ParityCheck(net, 1)
                .compare(OnnxExport.export(net, "pooling").toByteArray(), data.test(), ParityCheck.TOLERANCE);

        assertThat(report.passed()).as(report.toString()).isTrue();
    }

    @Test
    void bothEnginesComputeWhatBackbonesAreMadeOfAlike() throws Exception {
        Dataset data = Samples.dataset();
        List<Op> ops = List.of(
                new Op.ChannelAffine("standard", Network.INPUT, List.of(1.7f), List.of(-0.3f)),
                new Op.Conv("a_conv", "standard", 1, 16, 3, 2, new Padding(0, 0, 1, 1), 1),
                new Op.BatchNorm("a_norm", "a_conv", 16, 1, 1e-3),
                new Op.Relu6("a_relu", "a_norm"),
                new Op.MaxPool("a_pool", "a_relu", 3, 2, 1),
                new Op.Conv("b_conv", "a_pool", 16, 16, 5, 2, new Padding(1, 2, 2, 2), 16),
                new Op.BatchNorm("b_norm", "b_conv", 16, 1, 1e-3),
                new Op.Conv("c_conv", "b_norm", 16, 32, 3, 1, Padding.even(1), 4),
                new Op.BatchNorm("c_norm", "c_conv", 32, 1, 1e-3),
                new Op.Relu6("c_relu", "c_norm"),
                new Op.GlobalAveragePool("pool", "c_relu"),
                new Op.Linear("logits", "pool", 32, 10));
        TrainedNet net = Samples.randomNet(new Network("parts", data.shape(), 10, ops), 5);

        ParityReport report = new ParityCheck(net, 1)
                .compare(OnnxExport.export(net, "parts").toByteArray(), data.test(), ParityCheck.TOLERANCE);

        assertThat(report.passed()).as(report.toString()).isTrue();
        assertThat(report.maxDifference()).isPositive();
    }

    @Test
    void failsWhenOneWeightIsAltered() throws Exception {
        TrainedNet net = Samples.randomNet(3);
        ModelProto altered = OnnxExport.export(withAlteredWeight(net, "stage2_a_conv.weight"), "altered");

        ParityReport report = new ParityCheck(net, 1)
                .compare(altered.toByteArray(), Samples.dataset().test(), ParityCheck.TOLERANCE);

        assertThat(report.passed()).as(report.toString()).isFalse();
    }

    @Test
    void showsTheOperationWhereTheEnginesPart() throws Exception {
        TrainedNet net = Samples.randomNet(3);
        ModelProto altered = OnnxExport.export(withAlteredWeight(net, "stage2_a_conv.weight"), "altered");

        Map<String, Double> differences =
                new ParityCheck(net, 1).layers(altered, Samples.dataset().test());

        assertThat(differences.get("stage2_down_relu")).isLessThan(ParityCheck.TOLERANCE);
        assertThat(differences.get("stage2_a_norm")).isGreaterThan(0.01);
        assertThat(differences).containsKey("logits");
    }

    @Test
    void aDifferenceThatIsNoNumberDoesNotPass() {
        LogitDifference difference = new LogitDifference(2);
        difference.add(new float[] {1, 2}, FloatBuffer.wrap(new float[] {1, Float.NaN}), 1);

        assertThat(difference.report(1).passed()).isFalse();
    }

    private static TrainedNet withAlteredWeight(TrainedNet net, String name) {
        Map<String, FloatTensor> weights = new LinkedHashMap<>(net.weights());
        weights.computeIfPresent(name, (key, tensor) -> {
            float[] values = tensor.values().clone();
            values[values.length / 2] += 0.5f;
            return new FloatTensor(tensor.shape(), values);
        });
        return new TrainedNet(net.network(), net.normalization(), net.labels(), weights, net.lineage());
    }
}
