package dev.millrace.trainer.parity;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * How far what a layer makes of one image lies apart in two engines.
 *
 * @param layer name of the tensor that it makes, in the network and in the ONNX model
 * @param operations of the network that the layer does: a convolution and the batch norm that was folded into it are one layer, and only
 *     what the second one makes can be compared
 * @param maxDifference largest absolute difference
 * @param largestOutput largest absolute value that PyTorch makes there
 * @param relativeDifference the one by the other: layers differ in their magnitudes by orders, and so does what rounding adds to them
 */
public record LayerDifference(
        String layer, List<String> operations, double maxDifference, double largestOutput, double relativeDifference) {
    public LayerDifference {
        operations = List.copyOf(operations);
    }

    /** Compares one image's values; from a tensor that holds fewer they differ by what is no number. */
    static LayerDifference of(String layer, List<String> operations, float[] expected, FloatBuffer actual) {
        double difference = 0;
        double largest = 0;
        for (int i = 0; i < expected.length; i++) {
            // Math.max keeps NaN.
            float other = i < actual.remaining() ? actual.get(i) : Float.NaN;
            difference = Math.max(difference, Math.abs((double) expected[i] - other));
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        return new LayerDifference(layer, operations, difference, largest, difference == 0 ? 0 : difference / largest);
    }

    /** Whether it differs by more than this share of its largest output. A share that is no number is more than any. */
    boolean isBeyond(double share) {
        return !(relativeDifference <= share);
    }
}
