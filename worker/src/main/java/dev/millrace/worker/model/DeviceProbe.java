package dev.millrace.worker.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;

/**
 * Tries a device before there is any model for it, with a graph of one node (Relu of a float), which every provider has:
 * loads the provider, opens a session, runs it once.
 */
public final class DeviceProbe {

    private static final String GRAPH = "probe.onnx";

    private DeviceProbe() {}

    /**
     * Does nothing for a CPU.
     *
     * @throws ModelRefusedException if the device cannot be used; the message ends with the provider's own
     */
    public static void require(DeviceRequest request) throws ModelRefusedException {
        Device device = request.device();
        if (device.kind() == Device.Kind.CPU) {
            return;
        }
        DeviceRequest required = new DeviceRequest(device, true, request.cudaMemoryLimit());
        try (OrtSession session = Sessions.open(graph(), required).session();
                OnnxTensor input = OnnxTensor.createTensor(OnnxRuntime.environment(), new float[] {1})) {
            session.run(Map.of("x", input)).close();
        } catch (OrtException e) {
            throw new ModelRefusedException("device: " + device + " (expected: usable): " + e.getMessage(), e);
        }
    }

    static byte[] graph() {
        try (InputStream bytes = Objects.requireNonNull(DeviceProbe.class.getResourceAsStream(GRAPH), GRAPH)) {
            return bytes.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
