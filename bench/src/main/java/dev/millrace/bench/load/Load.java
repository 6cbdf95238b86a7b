package dev.millrace.bench.load;

import dev.millrace.bench.bed.FilledTopic;
import dev.millrace.bench.bed.OpenLoop;
import dev.millrace.bench.bed.OpenLoop.Outcome;
import dev.millrace.bench.bed.ProcessUsage;
import dev.millrace.bench.bed.Setup;
import dev.millrace.bench.bed.TopicBed;
import dev.millrace.bench.bed.WireDialect;
import dev.millrace.bench.bed.WorkerBed;
import dev.millrace.bench.load.LoadReport.Level;
import dev.millrace.bench.load.LoadReport.Row;
import dev.millrace.bench.measure.Figure;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** Measures one setup: its capacity, and then each load in each round, in another order every time. One thread. */
final class Load {
    private static final long FIRST_IDLE_RECORDS = 2_000;
    private static final int MOST_WARM_UPS = 6;
    /** Share of one CPU below which compilers hardly matter. */
    private static final double RESTING = 0.03;

    private static final double MICROS = 1e3;
    /** Of fewer answers the greatest would be shown. */
    private static final int LEAST_FOR_P999 = 2_000;

    private final Setup measured;
    private final LoadPlan plan;
    private final WorkerBed bed;
    private final Random random;
    private final Map<Integer, List<Outcome>> outcomes = new TreeMap<>();
    private final List<Double> capacities = new ArrayList<>();

    private Load(Setup measured, LoadPlan plan, WorkerBed bed) {
        this.measured = measured;
        this.plan = plan;
        this.bed = bed;
        this.random = new Random(plan.seed());
    }

    /**
     * Measures a setup.
     *
     * @param told what goes on
     */
    static Row run(Setup measured, LoadPlan plan, WorkerBed bed, Consumer<String> told)
            throws IOException, InterruptedException {
        return new Load(measured, plan, bed).run(told);
    }

    private Row run(Consumer<String> told) throws IOException, InterruptedException {
        told.accept("warm-up");
        double rate = warmUp();
        try (OpenLoop loop =
                new OpenLoop(bed.bootstrap(), bed.topics(), bed.subject().requests(), new WireDialect())) {
            told.accept("capacity");
            for (int round = 0; round < plan.rounds(); round++) {
                rate = filled(bed.subject().requests(), records(rate));
                capacities.add(rate);
            }
            double capacity = Figure.of(capacities).median();
            told.accept("warm-up of single requests");
            warmUpSingly(loop, capacity * Collections.max(plan.loads()) / 100);
            List<Integer> order = new ArrayList<>(plan.loads());
            for (int round = 1; round <= plan.rounds(); round++) {
                Collections.shuffle(order, random);
                for (int percent : order) {
                    told.accept("round " + round + ", " + percent + " %");
                    Outcome outcome = loop.run(capacity * percent / 100, plan.window(), random.nextLong());
                    outcomes.computeIfAbsent(percent, p -> new ArrayList<>()).add(outcome);
                    bed.topic().empty();
                }
            }
            return row(capacity);
        }
    }

    /** With the model that does nothing, so that the compilers see many images, and then with the one that is measured. */
    private double warmUp() throws IOException, InterruptedException {
        long end = System.nanoTime() + plan.warmUp().toNanos();
        List<ImageRequest> idle = bed.subject().idle().requests();
        double rate = filled(idle, FIRST_IDLE_RECORDS);
        do {
            rate = filled(idle, records(rate));
            bed.awaitQuiet(plan.warmUp());
        } while (System.nanoTime() < end);
        List<ImageRequest> images = bed.subject().requests();
        return filled(images, records(filled(images, FilledTopic.few(measured))));
    }

    /**
     * Until the compilers of worker and bench rest: a full topic has shown them full batches only, and what they take from the
     * CPUs is seen in every time.
     */
    private void warmUpSingly(OpenLoop loop, double perSecond) throws IOException, InterruptedException {
        long start = System.nanoTime();
        long most = start + plan.warmUp().multipliedBy(MOST_WARM_UPS).toNanos();
        // Of its own: how often it draws depends on the machine, and the rounds must not.
        Random arrivals = new Random(plan.seed());
        double busy;
        do {
            ProcessUsage worker = bed.worker().usage();
            ProcessUsage bench = ProcessUsage.here();
            long from = System.nanoTime();
            loop.run(perSecond, plan.window(), arrivals.nextLong());
            bed.topic().empty();
            long compilers = bed.worker().usage().jvmNanosSince(worker)
                    + ProcessUsage.here().jvmNanosSince(bench);
            busy = (double) compilers / (System.nanoTime() - from);
            bed.awaitQuiet(plan.warmUp());
        } while (System.nanoTime() - start < plan.warmUp().toNanos() || (busy > RESTING && System.nanoTime() < most));
    }

    private long records(double rate) {
        return FilledTopic.records(rate, plan.window(), FilledTopic.few(measured));
    }

    /** Images a second of a worker whose requests are all there. */
    private double filled(List<ImageRequest> images, long records) throws IOException, InterruptedException {
        FilledTopic topic = bed.topic();
        topic.fill(images, records);
        topic.fire();
        topic.awaitAnswered(TopicBed.GROUP);
        double perSecond = topic.answersPerSecond();
        topic.empty();
        return perSecond;
    }

    private Row row(double capacity) {
        List<Level> levels = new ArrayList<>();
        outcomes.forEach((percent, rounds) -> levels.add(level(percent, capacity * percent / 100, rounds)));
        return new Row(
                measured.model(),
                bed.subject().spec().precision(),
                measured.lanes(),
                measured.delivery().toString(),
                measured.batch(),
                Figure.of(capacities),
                levels);
    }

    private static Level level(int percent, double perSecond, List<Outcome> rounds) {
        Outcome last = rounds.get(rounds.size() - 1);
        Map<String, Double> stages = new TreeMap<>();
        last.stages().forEach((stage, histogram) -> stages.put(stage, quantile(histogram, 99)));
        return new Level(
                percent,
                perSecond,
                last.latencies().getTotalCount(),
                figure(rounds, outcome -> quantile(outcome.latencies(), 50)),
                figure(rounds, outcome -> quantile(outcome.latencies(), 99)),
                last.latencies().getTotalCount() < LEAST_FOR_P999
                        ? null
                        : figure(rounds, outcome -> quantile(outcome.latencies(), 99.9)),
                figure(rounds, outcome -> quantile(outcome.latencies(), 100)),
                figure(rounds, outcome -> quantile(outcome.lateness(), 99)),
                last.meanBatch(),
                stages);
    }

    private static Figure figure(List<Outcome> rounds, ToDoubleFunction<Outcome> value) {
        return Figure.of(rounds.stream().mapToDouble(value).boxed().toList());
    }

    private static double quantile(Histogram histogram, double percent) {
        return histogram.getValueAtPercentile(percent) / MICROS;
    }
}
