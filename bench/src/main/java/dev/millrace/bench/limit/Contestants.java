package dev.millrace.bench.limit;

import dev.millrace.bench.bed.Lines;
import dev.millrace.bench.bed.Setup;
import dev.millrace.bench.bed.WorkerUnderTest;
import dev.millrace.bench.limit.child.ContestantsMain;
import dev.millrace.bench.limit.child.ContestantsMain.StageEfforts;
import dev.millrace.bench.limit.child.Effort;
import dev.millrace.bench.limit.child.PlainLoop;
import dev.millrace.bench.process.Placement;
import dev.millrace.bench.process.TalkingChild;
import dev.millrace.worker.model.Device;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The process with what a worker is compared with. One thread. */
final class Contestants implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final Duration PLAIN_LIMIT = Duration.ofMinutes(3);

    private final TalkingChild child;

    private Contestants(TalkingChild child) {
        this.child = child;
    }

    static Contestants start(Setup measured, Placement placement, Path log) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(WorkerUnderTest.JVM_FLAGS);
        arguments.add(ContestantsMain.class.getName());
        arguments.add(measured.model());
        arguments.add(Integer.toString(measured.batch()));
        arguments.add(placement.lanes().stream().map(Device::toString).collect(Collectors.joining(",")));
        TalkingChild child = TalkingChild.java("contestants", arguments, Map.of(), log);
        try {
            child.await(0, "ready"::equals, "ready", START_LIMIT);
            return new Contestants(child);
        } catch (InterruptedException | RuntimeException e) {
            child.close();
            throw e;
        }
    }

    Effort raw(Duration window) throws IOException, InterruptedException {
        return ask(ContestantsMain.RAW, window, Effort.class);
    }

    Effort dry(Duration window) throws IOException, InterruptedException {
        return ask(ContestantsMain.DRY, window, Effort.class);
    }

    /** Lets the lanes' compilers work, and does not measure. */
    void warm(Duration window) throws IOException, InterruptedException {
        ask(ContestantsMain.WARM, window, Effort.class);
    }

    Map<String, Effort> stages(Duration each) throws IOException, InterruptedException {
        return ask(ContestantsMain.STAGES, each, StageEfforts.class).stages();
    }

    private <T> T ask(String order, Duration window, Class<T> type) throws IOException, InterruptedException {
        int from = child.spoken();
        child.say(order + " " + window.toMillis());
        Duration limit = window.multipliedBy(20).plus(START_LIMIT);
        return Lines.read(child.await(from, line -> Lines.is(line, order), "done with " + order, limit), type);
    }

    /** Lets the plain loop consume what is in the topic. */
    PlainLoop.Account plain(String arguments) throws IOException, InterruptedException {
        int from = child.spoken();
        child.say(ContestantsMain.PLAIN + " " + arguments);
        String line = child.await(from, said -> Lines.is(said, ContestantsMain.PLAIN), "done with plain", PLAIN_LIMIT);
        return Lines.read(line, PlainLoop.Account.class);
    }

    @Override
    public void close() {
        child.close();
    }
}
