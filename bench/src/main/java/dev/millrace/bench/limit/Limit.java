package dev.millrace.bench.limit;

import dev.millrace.bench.bed.FilledTopic;
import dev.millrace.bench.bed.ProcessUsage;
import dev.millrace.bench.bed.Setup;
import dev.millrace.bench.bed.TopicBed;
import dev.millrace.bench.limit.LimitReport.Plain;
import dev.millrace.bench.limit.LimitReport.Row;
import dev.millrace.bench.limit.LimitReport.Share;
import dev.millrace.bench.limit.child.Effort;
import dev.millrace.bench.limit.child.PlainLoop;
import dev.millrace.bench.measure.Figure;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Measures one case, round by round; in each round the contestants run in another order. One thread. */
final class Limit {
    private static final long FIRST_IDLE_RECORDS = 2_000;
    private static final int MOST_WARM_UPS = 6;
    /** Share of the JVM itself in the CPU time, below which its compilers hardly matter. */
    private static final double RESTING = 0.02;

    private final Setup measured;
    private final LimitPlan plan;
    private final LimitBed bed;
    private final Random random;
    private final List<ImageRequest> images;
    private final List<Round> rounds = new ArrayList<>();
    private final List<PlainLoop.Account> plains = new ArrayList<>();
    private int plainGroups;

    /** What one round gave. */
    private record Round(Effort raw, Effort dry, LaneRun lane) {
        double overheadMicros() {
            return lane.cpuNanos() / 1e3 / lane.images() - raw.cpuMicros();
        }
    }

    /**
     * A worker between two topics.
     *
     * @param cpuNanos of its process
     * @param threads by what they do
     */
    private record LaneRun(long images, double perSecond, long cpuNanos, List<Share> threads) {
        /** Share of its CPU time that the JVM itself took, its compilers above all. */
        double ofTheJvm() {
            double all = 0;
            double jvm = 0;
            for (Share share : threads) {
                all += share.cpuSecondsPer100k();
                jvm += share.name().equals(ThreadShares.JVM) ? share.cpuSecondsPer100k() : 0;
            }
            return jvm / all;
        }
    }

    /** Who runs in a round. */
    private enum Contestant {
        RAW,
        DRY,
        LANE,
        PLAIN
    }

    private Limit(Setup measured, LimitPlan plan, LimitBed bed) {
        this.measured = measured;
        this.plan = plan;
        this.bed = bed;
        this.images = bed.subject().requests();
        this.random = new Random(plan.seed());
    }

    /**
     * Measures a case.
     *
     * @param told what goes on
     */
    static Row run(Setup measured, LimitPlan plan, LimitBed bed, Consumer<String> told)
            throws IOException, InterruptedException {
        return new Limit(measured, plan, bed).run(told);
    }

    private Row run(Consumer<String> told) throws IOException, InterruptedException {
        told.accept("warm-up");
        double rate = warmUp();
        List<Contestant> order = new ArrayList<>(List.of(Contestant.RAW, Contestant.DRY, Contestant.LANE));
        if (isPlainCase()) {
            order.add(Contestant.PLAIN);
        }
        for (int round = 1; round <= plan.rounds(); round++) {
            told.accept("round " + round);
            Collections.shuffle(order, random);
            rate = round(order, rate);
        }
        told.accept("stages");
        return row(bed.contestants().stages(plan.window().dividedBy(4)));
    }

    /** Where nothing is computed, Kafka's clients are all there is to compare with. */
    private boolean isPlainCase() {
        return bed.subject().isIdle() && measured.lanes() == 1;
    }

    /**
     * With the model that does nothing, and then with the one that is measured, whose rate at the end this is: each until the
     * worker's compilers rest, on a machine whose cores they take from the lanes.
     */
    private double warmUp() throws IOException, InterruptedException {
        bed.contestants().warm(plan.warmUp().dividedBy(2));
        LaneRun idle = untilItRests(bed.subject().idle().requests(), FIRST_IDLE_RECORDS, plan.warmUp());
        bed.contestants().raw(plan.window().dividedBy(2));
        bed.contestants().dry(plan.window());
        if (isPlainCase()) {
            plain(records(idle.perSecond()));
        }
        return untilItRests(images, FilledTopic.few(measured), plan.window()).perSecond();
    }

    private LaneRun untilItRests(List<ImageRequest> requests, long first, Duration least)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        long most = start + plan.warmUp().multipliedBy(MOST_WARM_UPS).toNanos();
        LaneRun last = lane(requests, first);
        do {
            last = lane(requests, records(last.perSecond()));
            bed.awaitQuiet(plan.warmUp());
        } while (System.nanoTime() - start < least.toNanos()
                || (last.ofTheJvm() > RESTING && System.nanoTime() < most));
        return last;
    }

    private long records(double rate) {
        return FilledTopic.records(rate, plan.window(), FilledTopic.few(measured));
    }

    private double round(List<Contestant> order, double rate) throws IOException, InterruptedException {
        Effort raw = Effort.NONE;
        Effort dry = Effort.NONE;
        LaneRun lane = null;
        for (Contestant contestant : order) {
            switch (contestant) {
                case RAW -> raw = bed.contestants().raw(plan.window());
                case DRY -> dry = bed.contestants().dry(plan.window());
                case LANE -> lane = lane(images, records(rate));
                case PLAIN -> plains.add(plain(records(rate)));
            }
        }
        if (lane == null) {
            throw new IllegalStateException("round without a lane");
        }
        rounds.add(new Round(raw, dry, lane));
        return lane.perSecond();
    }

    private LaneRun lane(List<ImageRequest> requests, long records) throws IOException, InterruptedException {
        FilledTopic topic = bed.topic();
        topic.fill(requests, records);
        ProcessUsage before = bed.worker().usage();
        topic.fire();
        topic.awaitAnswered(TopicBed.GROUP);
        ProcessUsage after = bed.worker().usage();
        double perSecond = topic.answersPerSecond();
        topic.empty();
        return new LaneRun(
                records, perSecond, after.cpuNanos() - before.cpuNanos(), ThreadShares.between(before, after, records));
    }

    /** The worker answers the same records, before or after or meanwhile: it is waited for first. */
    private PlainLoop.Account plain(long records) throws IOException, InterruptedException {
        FilledTopic topic = bed.topic();
        topic.fill(images, records);
        topic.fire();
        topic.awaitAnswered(TopicBed.GROUP);
        PlainLoop.Account account = bed.contestants().plain(bed.plainArguments("plain-" + plainGroups++, records));
        topic.empty();
        return account;
    }

    private Row row(Map<String, Effort> stages) {
        Map<String, Figure> figures = new LinkedHashMap<>();
        figures.put("raw_images_per_second", figure(round -> round.raw().rate()));
        figures.put("dry_images_per_second", figure(round -> round.dry().rate()));
        figures.put("lane_images_per_second", figure(round -> round.lane().perSecond()));
        figures.put(
                "dry_over_raw", figure(round -> round.dry().rate() / round.raw().rate()));
        figures.put(
                "lane_over_raw",
                figure(round -> round.lane().perSecond() / round.raw().rate()));
        figures.put("overhead_core_us_per_image", figure(Round::overheadMicros));
        figures.put(
                "dry_overhead_core_us_per_image",
                figure(round -> round.dry().cpuMicros() - round.raw().cpuMicros()));
        return new Row(
                measured.model(),
                bed.subject().spec().precision(),
                measured.lanes(),
                measured.delivery().toString(),
                measured.batch(),
                median(figures, "raw_images_per_second"),
                median(figures, "dry_images_per_second"),
                median(figures, "lane_images_per_second"),
                median(figures, "dry_over_raw"),
                median(figures, "lane_over_raw"),
                median(figures, "overhead_core_us_per_image"),
                figures,
                rounds.get(rounds.size() - 1).lane().threads(),
                shares(stages),
                plains.isEmpty() ? null : plainRow());
    }

    private interface OfRound {
        double of(Round round);
    }

    private Figure figure(OfRound value) {
        return Figure.of(rounds.stream().map(value::of).toList());
    }

    private static double median(Map<String, Figure> figures, String name) {
        Figure figure = figures.get(name);
        if (figure == null) {
            throw new IllegalArgumentException("figure: " + name + " (expected: one of " + figures.keySet() + ")");
        }
        return figure.median();
    }

    private static List<Share> shares(Map<String, Effort> stages) {
        List<Share> shares = new ArrayList<>();
        stages.forEach((name, effort) -> shares.add(share(name, effort)));
        return shares;
    }

    private static Share share(String name, Effort effort) {
        return new Share(name, effort.cpuMicros() / 10, effort.bytes());
    }

    private @Nullable Plain plainRow() {
        Figure rate =
                Figure.of(plains.stream().map(account -> account.loop().rate()).toList());
        Figure lanes = figure(round -> round.lane().perSecond());
        PlainLoop.Account last = plains.get(plains.size() - 1);
        long records = last.loop().images();
        return new Plain(
                rate.median(),
                lanes.median() / rate.median(),
                last.processCpuNanos() / 1e3 / records,
                List.of(
                        share("consumer", last.consume()),
                        share("producer", last.produce()),
                        share("commit", last.commit()),
                        new Share(
                                "other threads",
                                (last.processCpuNanos() - last.loop().cpuNanos()) / 1e4 / records,
                                0)),
                rate);
    }
}
