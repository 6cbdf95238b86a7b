package dev.millrace.infra.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A small child: says that it is ready, does what its second argument says, and notes in a journal that it stopped. */
final class Child {
    private Child() {}

    /**
     * Runs one behaviour.
     *
     * @param args its name, {@code wait|fail|stubborn|mute}, the journal
     */
    public static void main(String[] args) throws InterruptedException {
        ParentWatch.start();
        Path journal = Path.of(args[2]);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            note(journal, "stopping " + args[0]);
            if (args[1].equals("stubborn")) {
                sleep(60_000);
            }
            // Long enough for a supervisor that does not wait to be caught stopping the next one meanwhile.
            sleep(200);
            note(journal, "stopped " + args[0]);
            Runtime.getRuntime().halt(0);
        }));
        note(journal, "pid " + args[0] + " " + ProcessHandle.current().pid());
        System.out.println("unpacking");
        if (!args[1].equals("mute")) {
            System.out.println("Ready: " + args[0]);
        }
        if (args[1].equals("fail")) {
            System.err.println("disk on fire");
            Runtime.getRuntime().halt(3);
        }
        Thread.currentThread().join();
    }

    private static void note(Path journal, String line) {
        try {
            Files.writeString(journal, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            System.err.println(e);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
