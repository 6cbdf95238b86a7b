package dev.millrace.trainer.retrain;

import dev.millrace.trainer.files.Reason;
import dev.millrace.worker.rehearsal.BoundedProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * The process of a run, see {@link RetrainChild}: does what is left of it and says how far it is. A byte on its standard input tells it to
 * stop; when that input ends, nobody waits for it any more, and it ends at once: whatever it was at is done again.
 */
final class RetrainMain {
    private static final String LOCK = "run.lock";

    private RetrainMain() {}

    /**
     * Does what is left of a run.
     *
     * @param arguments the run's folder
     */
    public static void main(String[] arguments) throws InterruptedException {
        PrintStream out = System.out;
        // Only progress is to be there.
        System.setOut(System.err);
        AtomicBoolean stop = new AtomicBoolean();
        watch(System.in, stop);
        Path folder = Path.of(arguments[0]);
        try (FileChannel file =
                        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                // One whose parent has been killed may not have noticed yet.
                FileLock lock = file.lock()) {
            assert lock.isValid();
            clear(folder.resolve(BoundedProcess.TEMP));
            Ended ended = new RetrainWork(RetrainRun.open(folder), line -> say(out, line), stop::get).run();
            say(out, new Progress.End(ended));
        } catch (IOException e) {
            // Of the folder itself: it would be so again.
            say(out, new Progress.End(new Ended(Ended.How.FAILED, Reason.of(e))));
        }
        // Not by returning: a library may have left threads behind.
        Runtime.getRuntime().halt(0);
    }

    private static synchronized void say(PrintStream out, Progress line) {
        out.println(line.json());
        out.flush();
    }

    private static void watch(InputStream orders, AtomicBoolean stop) {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (orders.read() >= 0) {
                            stop.set(true);
                        }
                    } catch (IOException e) {
                        // No parent behind it either.
                    }
                    Runtime.getRuntime().halt(1);
                },
                "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }

    /** Of what a process before this one has left: ONNX Runtime unpacks itself there. */
    private static void clear(Path temp) throws IOException {
        Files.createDirectories(temp);
        List<Path> left;
        try (Stream<Path> entries = Files.list(temp)) {
            left = entries.toList();
        }
        for (Path entry : left) {
            BoundedProcess.delete(entry);
        }
    }
}
