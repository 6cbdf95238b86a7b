package dev.millrace.worker.model;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens ONNX Runtime sessions for one calling thread each: no pool of their own, no spinning. Models come as bytes
 * that were already verified; a file would be read a second time, and from bytes ONNX Runtime follows no path to
 * external data.
 *
 * <p>A session is on its GPU with every node or not at all. ONNX Runtime would place nodes that the CUDA provider has no
 * kernel for on the CPU and say nothing; {@value #NO_CPU_NODES} makes it refuse instead, so that {@code cuda:0} in a
 * result is never half true. A graph that is refused for its shape arithmetic runs once that is folded into constants.
 *
 * <p>The CUDA provider has no int8 arithmetic, and no kernel that dequantizes int32, as the biases of an int8 model are.
 * {@value #NO_INT8_FUSION} lets ONNX Runtime fold weights and biases into float constants, which it else leaves alone for
 * the sake of the CPU's int8 kernels; activations are still rounded to the steps of the model.
 *
 * <p>Input and output of a GPU session are pageable host memory, which CUDA copies through a buffer of its own: the Java
 * API of ONNX Runtime 1.29 gives out no page-locked ({@code CudaPinned}) memory, and no binding of device memory. Two
 * lanes on one GPU hide that copy and the decoding behind each other's inference.
 */
final class Sessions {

    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);
    private static final String NO_CPU_NODES = "session.disable_cpu_ep_fallback";
    private static final String NO_INT8_FUSION = "session.disable_quant_qdq";
    /** What ONNX Runtime's Java code says where its jar and its folder have no CUDA provider. */
    private static final String NO_PROVIDER = "Failed to find CUDA shared provider";

    private Sessions() {}

    /**
     * A session, and the device it really runs on.
     *
     * @param fallback why that is not the device that was wanted; null where it is
     */
    record Opened(
            OrtSession session, Device device, @Nullable String fallback) {}

    static Opened open(byte[] onnx, DeviceRequest request) throws ModelRefusedException {
        Device device = request.device();
        if (device.kind() == Device.Kind.CPU) {
            return new Opened(onCpu(onnx, OptLevel.ALL_OPT), device, null);
        }
        try {
            return new Opened(onCuda(onnx, request), device, null);
        } catch (OrtException e) {
            String reason = reason(e);
            if (request.required()) {
                throw new ModelRefusedException(
                        "device: " + device + " (expected: usable, since it is required): " + reason, e);
            }
            LOG.warn("device {} cannot be used, falling back to {}: {}", device, Device.ANY_CPU, reason);
            return new Opened(onCpu(onnx, OptLevel.ALL_OPT), Device.ANY_CPU, reason);
        }
    }

    private static String reason(OrtException e) {
        String reason = OnnxRuntime.reason(e);
        return reason.equals(NO_PROVIDER)
                ? reason + " (expected: a build with -Pgpu, or one in -Donnxruntime.native.path)"
                : reason;
    }

    /** For looking at a graph only. */
    static OrtSession unoptimized(byte[] onnx) throws ModelRefusedException {
        return onCpu(onnx, OptLevel.NO_OPT);
    }

    private static OrtSession onCpu(byte[] onnx, OptLevel level) throws ModelRefusedException {
        try (SessionOptions options = options(level)) {
            return OnnxRuntime.environment().createSession(onnx, options);
        } catch (OrtException e) {
            throw new ModelRefusedException(
                    "model: " + onnx.length + " bytes (expected: ONNX that ONNX Runtime can load): "
                            + OnnxRuntime.reason(e),
                    e);
        }
    }

    /** The list of available providers also names those that cannot be loaded here; only trying tells. */
    private static OrtSession onCuda(byte[] onnx, DeviceRequest request) throws OrtException {
        try (SessionOptions options = options(OptLevel.ALL_OPT);
                OrtCUDAProviderOptions cuda = cuda(request)) {
            options.addCUDA(cuda);
            options.addConfigEntry(NO_INT8_FUSION, "1");
            return withoutCpuNodes(onnx, options);
        }
    }

    /** Opens a session that no node of the graph leaves for the CPU provider. */
    static OrtSession withoutCpuNodes(byte[] onnx, SessionOptions options) throws OrtException {
        options.addConfigEntry(NO_CPU_NODES, "1");
        return OnnxRuntime.environment().createSession(onnx, options);
    }

    private static OrtCUDAProviderOptions cuda(DeviceRequest request) throws OrtException {
        OrtCUDAProviderOptions cuda =
                new OrtCUDAProviderOptions(request.device().index());
        try {
            // As much memory as is asked for and not the next power of two: lanes share the card.
            cuda.add("arena_extend_strategy", "kSameAsRequested");
            // An exhaustive search would be made anew for every batch size, while requests wait.
            cuda.add("cudnn_conv_algo_search", "HEURISTIC");
            // The layout that tensor cores work in; faster than NCHW in every precision seen, from batches of 8 on.
            cuda.add("prefer_nhwc", "1");
            if (request.cudaMemoryLimit() > 0) {
                cuda.add("gpu_mem_limit", Long.toString(request.cudaMemoryLimit()));
            }
            return cuda;
        } catch (OrtException e) {
            cuda.close();
            throw e;
        }
    }

    static SessionOptions options(OptLevel level) throws OrtException {
        // Before the options: a provider added to them logs, and the environment is what there is to log to.
        OnnxRuntime.environment();
        SessionOptions options = new SessionOptions();
        try {
            options.setOptimizationLevel(level);
            // What matters comes as an exception; of files of older exporters it warns once for each weight.
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.addConfigEntry("session.inter_op.allow_spinning", "0");
            return options;
        } catch (OrtException e) {
            options.close();
            throw e;
        }
    }
}
