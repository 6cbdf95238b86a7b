package dev.millrace.bench.faults.child;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Sends POSIX signals that Java itself has no call for. */
final class Signals {
    private Signals() {}

    /** SIGSTOP: the process stands still, with all its connections open. */
    static void stop(ProcessHandle process) {
        send("STOP", process);
    }

    /** SIGCONT: it goes on, and does not know that time has passed. */
    static void resume(ProcessHandle process) {
        send("CONT", process);
    }

    private static void send(String signal, ProcessHandle process) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IllegalStateException("SIG" + signal + " to process " + process.pid() + " was not delivered");
            }
        } catch (IOException e) {
            throw new IllegalStateException("kill: cannot be run (expected: a POSIX system): " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while sending SIG" + signal, e);
        }
    }
}
