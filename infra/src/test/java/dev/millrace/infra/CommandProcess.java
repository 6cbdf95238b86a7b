package dev.millrace.infra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.infra.cli.Millrace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code millrace} command line in a process of its own, in a process group of its own, as if typed into a terminal
 * of its own. Its temporary directory and its output lie in a folder of the test. Test thread only.
 */
public final class CommandProcess implements AutoCloseable {
    private final String name;
    private final Process process;
    private final Path out;
    private final Path err;

    private CommandProcess(String name, Process process, Path out, Path err) {
        this.name = name;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /**
     * Starts a command.
     *
     * @param folder of the test; {@code tmp} in it becomes the command's temporary directory
     * @param arguments the command and its arguments
     */
    public static CommandProcess start(Path folder, String... arguments) throws IOException {
        Path tmp = Files.createDirectories(folder.resolve("tmp"));
        Path out = Files.createTempFile(folder, arguments[0] + "-", ".out");
        Path err = Files.createTempFile(folder, arguments[0] + "-", ".err");
        // A background job of a shell ignores SIGINT and hands that down: undo it. setsid makes the group.
        List<String> command = new ArrayList<>(List.of("/usr/bin/env", "--default-signal=INT", "/usr/bin/setsid"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
        command.add("-Djava.io.tmpdir=" + tmp);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Millrace.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        return new CommandProcess(arguments[0], process, out, err);
    }

    /** Waits for a match in the standard output. */
    public Matcher awaitOutput(String regex, Duration limit) {
        Pattern pattern = Pattern.compile(regex, Pattern.MULTILINE);
        await(name + " printing " + regex + "; " + this)
                .atMost(limit)
                .until(() -> pattern.matcher(output()).find() || !process.isAlive());
        Matcher matcher = pattern.matcher(output());
        assertThat(matcher.find()).as("%s printed %s; %s", name, regex, this).isTrue();
        return matcher;
    }

    /** Waits for the end and gives the exit code. */
    public int awaitExit(Duration limit) throws InterruptedException {
        boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(ended).as("%s ended within %s; %s", name, limit, this).isTrue();
        return process.exitValue();
    }

    /** Standard output so far. */
    public String output() {
        return read(out);
    }

    /** Standard error so far. */
    public String errors() {
        return read(err);
    }

    /** The whole standard output, which must be one JSON value. */
    public JsonNode json() throws IOException {
        return JsonMapper.builder()
                .enable(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build()
                .readTree(output());
    }

    /** SIGINT to the whole group, as Ctrl-C does. */
    public void pressCtrlC() throws IOException, InterruptedException {
        signal("INT", "-" + process.pid());
    }

    /** Of the command itself. */
    public long pid() {
        return process.pid();
    }

    /** Whether it runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly();
    }

    private static void signal(String signal, String target) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + signal, "--", target)
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError("cannot read " + file, e);
        }
    }

    @Override
    public String toString() {
        return name + " wrote:\n" + output() + errors();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
