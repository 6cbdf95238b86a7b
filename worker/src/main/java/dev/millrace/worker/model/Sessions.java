package dev.millrace.worker.model;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens ONNX Runtime sessions for one calling thread each: no pool of their own, no spinning. Models come as bytes
 * that were already verified; a file would be read a second time, and from bytes ONNX Runtime follows no path to
 * external data.
 */
final class Sessions {

    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

    private Sessions() {}

    /** A session, and the device it really runs on. */
    record Opened(OrtSession session, Device device) {}

    static Opened open(byte[] onnx, DeviceRequest request) throws ModelRefusedException {
        Device device = request.device();
        if (device.kind() == Device.Kind.CPU) {
            return new Opened(onCpu(onnx, OptLevel.ALL_OPT), device);
        }
        try {
            return new Opened(onCuda(onnx, device.index()), device);
        } catch (OrtException e) {
            if (request.required()) {
                throw new ModelRefusedException(
                        "device: " + device + " (expected: usable, since it is required): " + e.getMessage(), e);
            }
            LOG.warn("device {} cannot be used, falling back to {}: {}", device, Device.ANY_CPU, e.getMessage());
            return new Opened(onCpu(onnx, OptLevel.ALL_OPT), Device.ANY_CPU);
        }
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
                    "model: " + onnx.length + " bytes (expected: ONNX that ONNX Runtime can load): " + e.getMessage(),
                    e);
        }
    }

    /** The list of available providers also names those that cannot be loaded here; only trying tells. */
    private static OrtSession onCuda(byte[] onnx, int index) throws OrtException {
        try (SessionOptions options = options(OptLevel.ALL_OPT)) {
            options.addCUDA(index);
            return OnnxRuntime.environment().createSession(onnx, options);
        }
    }

    private static SessionOptions options(OptLevel level) throws OrtException {
        SessionOptions options = new SessionOptions();
        try {
            options.setOptimizationLevel(level);
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
