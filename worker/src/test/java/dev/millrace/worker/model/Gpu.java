package dev.millrace.worker.model;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The first GPU of this machine, for tests that are skipped where there is none. */
public final class Gpu {

    public static final Device DEVICE = Device.parse("cuda:0");
    public static final DeviceRequest REQUIRED = DeviceRequest.require(DEVICE);

    private Gpu() {}

    /** Skips the test where the GPU, or its provider, cannot be used: with the provider's reason. */
    public static void assumeUsable() {
        try {
            DeviceProbe.require(REQUIRED);
        } catch (ModelRefusedException e) {
            abort(e.getMessage());
        }
    }

    /** MiB in use on the whole GPU, whoever uses them. */
    static long usedMib() throws IOException {
        Process process = new ProcessBuilder(
                        "nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits", "--id=0")
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return Long.parseLong(said.strip());
    }
}
