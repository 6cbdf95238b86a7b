package dev.millrace.worker.model;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One model version that serves, loaded once per lane, and the count of its leases. Retired, it gives no more leases
 * and closes with the last one; whichever thread drops that closes it.
 */
public final class LiveModel {

    /** Set in {@link #leases} once retired; the bits below it count. */
    private static final int RETIRED = 1 << 30;

    private final ModelSpec spec;
    private final List<LoadedModel> lanes;
    private final AtomicInteger leases = new AtomicInteger();
    private volatile boolean closed;

    /** @param lanes by lane number, all of the given version; this closes them in the end */
    public LiveModel(ModelSpec spec, List<LoadedModel> lanes) {
        this.spec = spec;
        this.lanes = List.copyOf(lanes);
    }

    /**
     * Loads a version for every lane.
     *
     * @param devices by lane number
     * @throws ModelRefusedException if one lane cannot load it; then none stays loaded
     */
    public static LiveModel load(byte[] onnx, ModelSpec spec, List<DeviceRequest> devices, int maxBatch)
            throws ModelRefusedException {
        List<LoadedModel> lanes = new ArrayList<>();
        try {
            for (DeviceRequest device : devices) {
                lanes.add(LoadedModel.load(onnx, spec, device, maxBatch));
            }
            return new LiveModel(spec, lanes);
        } catch (ModelRefusedException | RuntimeException | Error e) {
            lanes.forEach(LoadedModel::close);
            throw e;
        }
    }

    public ModelSpec spec() {
        return spec;
    }

    /** Leases that are out now. */
    public int leases() {
        return leases.get() & ~RETIRED;
    }

    /** Whether its sessions are closed. */
    public boolean isClosed() {
        return closed;
    }

    /** A lease, or null once retired. */
    @Nullable
    ModelLease tryLease() {
        int now;
        do {
            now = leases.get();
            if ((now & RETIRED) != 0) {
                return null;
            }
        } while (!leases.compareAndSet(now, now + 1));
        return new ModelLease(this);
    }

    /** Gives no more leases; closes now if none is out, else with the last one. Retiring twice does nothing. */
    public void retire() {
        // A retired count only falls, and passes through "retired, none out" once: that thread closes.
        int before = leases.getAndUpdate(now -> now | RETIRED);
        if (before == 0) {
            close();
        }
    }

    void release() {
        if (leases.decrementAndGet() == RETIRED) {
            close();
        }
    }

    LoadedModel lane(int lane) {
        return lanes.get(lane);
    }

    /** Lanes whose device could not be used for this version. */
    List<Fallback> fallbacks() {
        List<Fallback> fallbacks = new ArrayList<>();
        for (int lane = 0; lane < lanes.size(); lane++) {
            String reason = lanes.get(lane).fallback();
            if (reason != null) {
                fallbacks.add(new Fallback(lane, spec, reason));
            }
        }
        return fallbacks;
    }

    private void close() {
        lanes.forEach(LoadedModel::close);
        closed = true;
    }
}
