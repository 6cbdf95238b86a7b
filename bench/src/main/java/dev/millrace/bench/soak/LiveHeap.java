package dev.millrace.bench.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much of a JVM's heap is in use right after a full collection, by the JDK's {@code jcmd}. The JVM that is asked starts
 * a thread for it and keeps that. One thread.
 */
final class LiveHeap {
    private static final Pattern GENERATION = Pattern.compile("total \\d+K, used (\\d+)K");
    private static final int PATIENCE_SECONDS = 30;

    private final Path jcmd;
    private final Path commands;
    private final Path answer;

    /** @param folder for two small files */
    LiveHeap(Path folder) throws IOException {
        this.jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        this.commands = Files.writeString(folder.resolve("jcmd"), "GC.run\nGC.heap_info\n");
        this.answer = folder.resolve("jcmd.out");
    }

    /**
     * Collects, and asks.
     *
     * @return in MiB; nothing where this Java has no {@code jcmd}, as a JRE
     * @throws IOException when the process does not answer
     */
    OptionalDouble mib(long pid) throws IOException, InterruptedException {
        if (!Files.isExecutable(jcmd)) {
            return OptionalDouble.empty();
        }
        Process asking = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "-f", commands.toString())
                .redirectErrorStream(true)
                .redirectOutput(answer.toFile())
                .start();
        if (!asking.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            asking.destroyForcibly();
            throw new IOException("jcmd: no answer of process " + pid + " within " + PATIENCE_SECONDS + " s");
        }
        return OptionalDouble.of(parse(Files.readString(answer, StandardCharsets.UTF_8)));
    }

    /** The sum over the generations of a {@code GC.heap_info}. */
    static double parse(String heapInfo) throws IOException {
        Matcher generations = GENERATION.matcher(heapInfo);
        long kib = 0;
        while (generations.find()) {
            kib += Long.parseLong(generations.group(1));
        }
        if (kib == 0) {
            throw new IOException("jcmd: " + heapInfo.strip() + " (expected: total and used of the heap)");
        }
        return kib / 1024.0;
    }
}
