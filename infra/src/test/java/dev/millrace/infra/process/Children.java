package dev.millrace.infra.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** How tests start {@link Child}ren and what they find in the journal. */
final class Children {
    private Children() {}

    static ChildSpec spec(String name, String behaviour, Path journal) {
        return spec(name, behaviour, journal, Duration.ofSeconds(20));
    }

    static ChildSpec spec(String name, String behaviour, Path journal, Duration grace) {
        return new ChildSpec(
                name,
                List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
                Child.class.getName(),
                List.of(name, behaviour, journal.toString()),
                Pattern.compile("^Ready: "),
                grace);
    }

    static List<String> journal(Path journal) throws IOException {
        return Files.readAllLines(journal);
    }

    static List<String> stops(Path journal) throws IOException {
        return journal(journal).stream().filter(line -> line.startsWith("stop")).toList();
    }

    static List<Long> pids(Path journal) throws IOException {
        return journal(journal).stream()
                .filter(line -> line.startsWith("pid "))
                .map(line -> Long.valueOf(line.substring(line.lastIndexOf(' ') + 1)))
                .toList();
    }

    static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }
}
