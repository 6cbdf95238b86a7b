package dev.millrace.infra.demo;

import dev.millrace.infra.process.ChildFailedException;
import dev.millrace.infra.process.Supervisor;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.topic.BrokerUnreachableException;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.rollout.ActionWords;
import dev.millrace.trainer.rollout.TrialCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Tells what is decided about a demo's model, and waits for it while all processes live. One thread. */
final class StoryTeller {
    private static final long TICK_MILLIS = 250;
    private static final int COLUMNS = 80;

    private final Supervisor supervisor;
    private final PrintWriter narrator;
    private final String model;
    private final String what;
    private final Duration limit;
    private final long startedNanos = System.nanoTime();
    private String bootstrap = "";
    private int told;

    /**
     * Begins now.
     *
     * @param what it is about, for messages
     * @param limit of waiting for anything
     */
    StoryTeller(Supervisor supervisor, PrintWriter narrator, String model, String what, Duration limit) {
        this.supervisor = supervisor;
        this.narrator = narrator;
        this.model = model;
        this.what = what;
        this.limit = limit;
    }

    /** There is a broker. */
    void at(String address) {
        bootstrap = address;
    }

    ModelRegistry registry() {
        return new ModelRegistry(Map.of("bootstrap.servers", bootstrap), Topics.standard());
    }

    void say(String format, Object... values) {
        String line = String.format(Locale.ROOT, format, values);
        narrator.println(line.length() <= COLUMNS ? line : line.substring(0, COLUMNS - 3) + "...");
        narrator.flush();
    }

    /** Since it began. */
    double seconds() {
        return (System.nanoTime() - startedNanos) / 1e9;
    }

    /** Lets time pass. */
    void watch(Duration time) throws InterruptedException, ChildFailedException {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            supervisor.requireAlive();
            Thread.sleep(TICK_MILLIS);
        }
    }

    /** Until when something that begins now may take. */
    long deadline() {
        return System.nanoTime() + limit.toNanos();
    }

    void tick(long deadline, String expected) throws InterruptedException, ChildFailedException, DemoException {
        supervisor.requireAlive();
        Thread.sleep(TICK_MILLIS);
        if (System.nanoTime() > deadline) {
            throw new DemoException(
                    "%s: not over after %d min (expected: %s)".formatted(what, limit.toMinutes(), expected));
        }
    }

    /** Waits for one of these; the version that it is of where it is the wanted one, else 0. */
    int await(RolloutAction wanted, Set<RolloutAction> others)
            throws IOException, InterruptedException, ChildFailedException, BrokerUnreachableException, DemoException {
        long deadline = deadline();
        while (true) {
            tick(deadline, ActionWords.of(wanted));
            for (RolloutEvent event : tellNews()) {
                if (event.getAction() == wanted) {
                    return event.getVersion();
                }
                if (others.contains(event.getAction())) {
                    return 0;
                }
            }
        }
    }

    /** Tells what has been decided since the last time. */
    List<RolloutEvent> tellNews() throws IOException, InterruptedException, BrokerUnreachableException {
        List<RolloutEvent> story = registry().story(model);
        List<RolloutEvent> news = List.copyOf(story.subList(Math.min(told, story.size()), story.size()));
        told = story.size();
        news.forEach(this::tell);
        return news;
    }

    private void tell(RolloutEvent event) {
        String action = ActionWords.of(event.getAction());
        String share = event.getShare() == 0 ? "" : " at " + TrialCommand.percent(event.getShare());
        if (event.getVersion() == 0) {
            say("%5.1f s  %s", seconds(), action);
        } else {
            say(
                    "%5.1f s  version %d %s%s; version %d answers",
                    seconds(), event.getVersion(), action, share, event.getChampion());
        }
        if (!event.getReason().isEmpty()) {
            say("         %s: %s", event.getDecidedBy(), event.getReason());
        }
    }
}
