package dev.millrace.bench.process;

import java.io.IOException;

/** The end of this process, as on Ctrl-C, is the end of its children: one that stands still would not notice. */
public final class ChildrenEnd {
    /** What is done while there are children. */
    public interface Work<T> {
        /** Does it. */
        T run() throws IOException, InterruptedException;
    }

    private ChildrenEnd() {}

    /** Does {@code work}; if this process ends before that is done, all of its children are killed. */
    public static <T> T withThisProcess(Work<T> work) throws IOException, InterruptedException {
        Thread stop =
                new Thread(() -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly), "stop");
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            return work.run();
        } finally {
            Runtime.getRuntime().removeShutdownHook(stop);
        }
    }
}
