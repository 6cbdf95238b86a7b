package dev.millrace.worker.model;

/**
 * Keeps a model version loaded until closed. Belongs to the thread that took it; short-lived, as a rule one batch.
 */
public final class ModelLease implements AutoCloseable {

    private final LiveModel model;
    private boolean closed;

    ModelLease(LiveModel model) {
        this.model = model;
    }

    public ModelSpec spec() {
        return model.spec();
    }

    /** The lane's own session and buffers, to be used before this lease is closed. */
    public LoadedModel forLane(int lane) {
        if (closed) {
            throw new IllegalStateException("lease: " + spec() + " is closed (expected: open)");
        }
        return model.lane(lane);
    }

    /** Gives the version back. Closing twice does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            model.release();
        }
    }
}
