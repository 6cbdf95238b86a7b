package dev.millrace.bench.faults.child;

import dev.millrace.worker.WorkerCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;

/**
 * {@code millrace worker} with fail points. Each line of standard input arms one; its end means that the parent has gone,
 * and so goes the worker.
 */
public final class FaultyWorkerMain {
    /** System property with fail points that are armed from the start, separated by semicolons. */
    static final String ARMED = "millrace.bench.fail.points";

    private FaultyWorkerMain() {}

    /** Runs the worker command. */
    public static void main(String[] args) {
        FailPoints points = new FailPoints();
        for (String point : System.getProperty(ARMED, "").split(";", -1)) {
            if (!point.isBlank()) {
                points.arm(FailPoint.parse(point));
            }
        }
        Thread orders = new Thread(() -> follow(points), "fail-points");
        orders.setDaemon(true);
        orders.start();
        System.exit(new CommandLine(new WorkerCommand(points)).execute(args));
    }

    private static void follow(FailPoints points) {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                points.arm(FailPoint.parse(line));
                System.out.println("fail point: armed " + line);
                System.out.flush();
            }
        } catch (IOException e) {
            System.err.println("fail points: " + e);
        }
        Runtime.getRuntime().halt(1);
    }
}
