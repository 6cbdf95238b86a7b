package dev.millrace.trainer.replay;

import dev.millrace.trainer.dataset.ImageShape;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process of its own that has a buffer. */
final class BufferChild implements AutoCloseable {
    static final ReplaySpec SPEC = new ReplaySpec(new ImageShape(28, 28, 1), List.of("ant", "bee"), 600);

    private final Process process;
    private final BufferedReader lines;

    private BufferChild(Process process) {
        this.process = process;
        this.lines = process.inputReader(StandardCharsets.UTF_8);
    }

    /** @param fileBlocks of 512 bytes that a file may have at most; 0: any number */
    static BufferChild start(String what, Path buffer, int fileBlocks) throws IOException {
        List<String> command = new ArrayList<>();
        if (fileBlocks > 0) {
            command.addAll(List.of("sh", "-c", "ulimit -f \"$0\"; exec \"$@\"", String.valueOf(fileBlocks)));
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                BufferChild.class.getName(),
                what,
                buffer.toString()));
        return new BufferChild(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** The next line that it writes. */
    String line() throws IOException {
        return String.valueOf(lines.readLine());
    }

    /** As kill -9 does. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }

    public static void main(String[] arguments) throws IOException {
        Path path = Path.of(arguments[1]);
        try (ReplayBuffer buffer = ReplayBuffer.open(path, SPEC)) {
            switch (arguments[0]) {
                case "hold" -> hold();
                case "put" -> putForEver(buffer);
                case "fill" -> fill(buffer);
                default -> throw new IllegalArgumentException(arguments[0] + " (expected: hold, put or fill)");
            }
        }
    }

    private static void hold() throws IOException {
        System.out.println("open");
        new InputStreamReader(System.in, StandardCharsets.UTF_8).read();
    }

    /** Says each number up to which all images are on the disk. */
    private static void putForEver(ReplayBuffer buffer) throws IOException {
        for (int i = 0; ; i++) {
            buffer.put(Images.id(i), i % 2, Images.pixels(i, SPEC.shape()));
            if (i % 5 == 0) {
                buffer.force();
                System.out.println(i);
            }
        }
    }

    /** Says what it has of both classes, why no more fits, and what it has after it went on. */
    private static void fill(ReplayBuffer buffer) throws IOException {
        int i = 0;
        for (; i < 300; i++) {
            buffer.put(Images.id(i), 0, Images.pixels(i, SPEC.shape()));
        }
        try {
            for (; i < 600; i++) {
                buffer.put(Images.id(i), 1, Images.pixels(i, SPEC.shape()));
            }
            throw new IllegalStateException("all fits (expected: a file of a limited size)");
        } catch (IOException full) {
            System.out.println(buffer.size(0) + " " + buffer.size(1));
            System.out.println(full.getMessage());
        }
        buffer.put(Images.id(1_000), 0, Images.pixels(1_000, SPEC.shape()));
        buffer.force();
        System.out.println(buffer.size(0) + " " + buffer.size(1) + " "
                + buffer.images(0).train().size());
    }
}
