package dev.millrace.worker.model;

/**
 * A version that runs on {@code cpu:none} for a lane, because the lane's own device could not be used.
 *
 * @param reason the provider's words
 */
public record Fallback(int lane, ModelSpec spec, String reason) {

    @Override
    public String toString() {
        return "lane " + lane + ": " + spec.name() + " v" + spec.version() + " runs on " + Device.ANY_CPU + ": "
                + reason;
    }
}
