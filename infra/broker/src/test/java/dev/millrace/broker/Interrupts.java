package dev.millrace.broker;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.NullMarked;

/**
 * Condition for tests that send SIGINT, for {@code @EnabledIf}. A process that was started with SIGINT ignored, as shells
 * do with background jobs, hands that on to all its children, and a JVM leaves an ignored SIGINT ignored.
 */
@NullMarked
public final class Interrupts {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String IGNORED = "SigIgn:";
    private static final int SIGINT = 2;

    private Interrupts() {}

    /** Whether a child of this JVM can be interrupted at all. True where there is no telling. */
    public static boolean reachChildren() throws IOException {
        List<String> status = Files.isReadable(STATUS) ? Files.readAllLines(STATUS) : List.of();
        return status.stream()
                .filter(line -> line.startsWith(IGNORED))
                .map(line -> new BigInteger(line.substring(IGNORED.length()).strip(), 16))
                .noneMatch(signals -> signals.testBit(SIGINT - 1));
    }
}
