package dev.millrace.infra.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A program that supervises two tiers of children until it is told to end. */
final class SupervisingProgram {
    private SupervisingProgram() {}

    /**
     * Starts three children.
     *
     * @param args the folder for the run directory, the journal
     */
    public static void main(String[] args) throws Exception {
        Path journal = Path.of(args[1]);
        Supervisor supervisor = Supervisor.of(RunDirectory.create(Path.of(args[0]), "run-"));
        ChildProcess broker = supervisor.start(Children.spec("broker", "wait", journal));
        broker.awaitReady(Duration.ofSeconds(30));
        for (ChildProcess worker : supervisor.start(
                List.of(Children.spec("worker-1", "wait", journal), Children.spec("worker-2", "wait", journal)))) {
            worker.awaitReady(Duration.ofSeconds(30));
        }
        System.out.println("All ready");
        Thread.currentThread().join();
    }
}
