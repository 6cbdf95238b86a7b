package dev.millrace.bench.limit.child;

import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One thread for each of some devices: pinned, where that is a CPU. */
final class PinnedThreads implements AutoCloseable {
    private final List<ExecutorService> threads = new ArrayList<>();

    /** What one thread does, in steps of some images. */
    interface Loop {
        /** Does one step; the images in it. */
        int step() throws Exception;
    }

    PinnedThreads(List<Device> devices) throws InterruptedException, ExecutionException {
        for (Device device : devices) {
            ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
                Thread made = new Thread(work, "pinned-" + device);
                made.setDaemon(true);
                return made;
            });
            threads.add(thread);
            thread.submit(() -> CpuPin.to(device)).get();
        }
    }

    /** Runs each loop on a thread of its own, all at the same time, for as long as {@code millis}. */
    Effort run(List<? extends Loop> loops, long millis) throws InterruptedException, ExecutionException {
        List<Future<Effort>> running = new ArrayList<>();
        for (int i = 0; i < loops.size(); i++) {
            Loop loop = loops.get(i);
            running.add(threads.get(i).submit(() -> run(loop, millis)));
        }
        Effort all = Effort.NONE;
        for (Future<Effort> one : running) {
            all = all.beside(one.get());
        }
        return all;
    }

    private static Effort run(Loop loop, long millis) throws Exception {
        Effort before = Effort.soFar(0);
        long end = before.nanos() + millis * 1_000_000;
        long images = 0;
        do {
            images += loop.step();
        } while (System.nanoTime() < end);
        return Effort.soFar(images).since(before);
    }

    @Override
    public void close() {
        threads.forEach(ExecutorService::shutdownNow);
    }
}
