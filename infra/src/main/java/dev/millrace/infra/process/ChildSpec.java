package dev.millrace.infra.process;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What to start as a child JVM with this JVM's own Java runtime and class path.
 *
 * @param name what the child is called in messages and in the name of its log, such as {@code worker-1}
 * @param jvmFlags flags before the main class
 * @param mainClass its main class; it should begin with {@link ParentWatch#start()}
 * @param arguments arguments of the main class
 * @param readyLine matches the line of output that says that the child is ready
 * @param grace how long it may take to stop after SIGTERM before it is killed
 */
public record ChildSpec(
        String name,
        List<String> jvmFlags,
        String mainClass,
        List<String> arguments,
        Pattern readyLine,
        Duration grace) {
    /** Copies the lists. */
    public ChildSpec {
        jvmFlags = List.copyOf(jvmFlags);
        arguments = List.copyOf(arguments);
    }
}
