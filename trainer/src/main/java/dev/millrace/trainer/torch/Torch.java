package dev.millrace.trainer.torch;

import dev.millrace.trainer.weights.FloatTensor;
import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** Starts PyTorch and carries values in and out of it. */
final class Torch {
    private Torch() {}

    /** Process-wide settings: PyTorch has one pool of threads, and autocast's settings belong to the calling thread. */
    static void start(Compute compute) {
        try {
            torch.set_num_threads(compute.threads());
        } catch (LinkageError e) {
            throw new TorchUnavailableException(e);
        }
        torch.set_autocast_dtype(torch.DeviceType.CPU, torch.ScalarType.BFloat16);
        // The cache of bfloat16 weights is only dropped by Python's context manager: here it would go stale after a
        // step.
        torch.set_autocast_cache_enabled(false);
    }

    /** A copy that PyTorch owns; 4-dimensional weights in channels_last. */
    static Tensor tensor(FloatTensor source) {
        try (FloatPointer values = new FloatPointer(source.values());
                Tensor view = torch.from_blob(values, source.shape(), new TensorOptions(torch.ScalarType.Float))) {
            Tensor copy = view.clone();
            if (source.shape().length < 4) {
                return copy;
            }
            try (copy) {
                return copy.contiguous(torch.MemoryFormat.ChannelsLast);
            }
        }
    }

    /** Row-major, whatever the memory format. */
    static FloatTensor copyOf(Tensor source) {
        try (Tensor plain = source.detach().to(torch.ScalarType.Float);
                Tensor rowMajor = plain.contiguous();
                FloatPointer values = rowMajor.data_ptr_float()) {
            float[] copy = new float[(int) rowMajor.numel()];
            values.get(copy);
            long[] shape = new long[(int) rowMajor.dim()];
            for (int d = 0; d < shape.length; d++) {
                shape[d] = rowMajor.size(d);
            }
            return new FloatTensor(shape, copy);
        }
    }

    /** Frees all native objects made on the way, at the end. */
    @SuppressWarnings("try")
    static <T> T scoped(Supplier<T> work) {
        try (PointerScope scope = new PointerScope()) {
            return work.get();
        }
    }

    /** As {@link #scoped}, and records nothing for gradients. */
    @SuppressWarnings("try")
    static <T> T withoutGradients(Supplier<T> work) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            return work.get();
        }
    }

    static Scalar scalar(double value) {
        return new Scalar(value);
    }
}
