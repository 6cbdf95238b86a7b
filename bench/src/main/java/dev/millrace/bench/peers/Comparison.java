package dev.millrace.bench.peers;

import dev.millrace.bench.bed.BenchBroker;
import dev.millrace.bench.bed.OpenLoop.Arrivals;
import dev.millrace.bench.bed.OpenLoop.Outcome;
import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.measure.Figure;
import dev.millrace.bench.peers.PeerProcess.Drained;
import dev.millrace.bench.peers.PeerProcess.Seat;
import dev.millrace.bench.peers.PeersReport.Row;
import dev.millrace.bench.process.Placement;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.worker.decode.TensorLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * Compares all contestants with one model. All of them run from the first round to the last; in each round each has its turn, in
 * another order every time, while the others have nothing to do. One thread, on the CPUs that no lane is pinned to.
 */
final class Comparison implements AutoCloseable {
    /** Most images in a run of a worker, and of whoever batches. */
    static final int BATCH = 8;

    private static final double MICROS = 1e3;
    /** Of its own capacity: more than that is no load at which times mean anything. */
    private static final double MOST_OF_CAPACITY = 0.9;

    private final PeersPlan plan;
    private final String precision;
    private final List<ImageRequest> images;
    private final BenchBroker broker;
    private final List<PeerProcess> running = new ArrayList<>();
    private final Map<PeerProcess, List<Drained>> drained = new LinkedHashMap<>();
    private final Map<PeerProcess, List<Outcome>> outcomes = new LinkedHashMap<>();
    private final WarmUp warmUp;
    private final Random random;

    /**
     * Starts the broker and every contestant that takes the model, each after the one before has given the right answers.
     *
     * @param folder for files, records and logs; empty
     */
    Comparison(PeersPlan plan, String precision, Subject model, Placement placement, Path folder)
            throws IOException, InterruptedException {
        this.plan = plan;
        this.precision = precision;
        images = images(model);
        warmUp = new WarmUp(plan);
        random = new Random(plan.seed());
        broker = new BenchBroker(folder);
        try {
            RightAnswers right = RightAnswers.of(model.onnx(), images);
            PeerFiles files = new PeerFiles(folder, model.onnx());
            Seat seat = new Seat(broker, model, BATCH, plan.settings(), placement, files, plan.programs());
            for (Peer peer : plan.peers()) {
                if (peer.takes(precision)) {
                    PeerProcess process = new PeerProcess(peer, seat, images);
                    running.add(process);
                    process.requireRightAnswers(images, right);
                }
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** In the model's own layout: nobody has to turn pixels round. */
    private static List<ImageRequest> images(Subject model) {
        List<ImageRequest> images = model.requests();
        if (model.spec().pixels().layout() == TensorLayout.NCHW && images.get(0).getChannels() > 1) {
            images.forEach(image -> image.setEncoding(ImageEncoding.RAW_U8_CHW));
        }
        return images;
    }

    /**
     * Measures.
     *
     * @param told what goes on
     */
    List<Row> run(Consumer<String> told) throws IOException, InterruptedException {
        Map<PeerProcess, Double> rates = new LinkedHashMap<>();
        for (PeerProcess peer : running) {
            told.accept("warm-up, " + peer.peer().name());
            rates.put(peer, warmUp.full(peer, images));
        }
        List<PeerProcess> order = new ArrayList<>(running);
        for (int round = 1; round <= plan.rounds(); round++) {
            Collections.shuffle(order, random);
            for (PeerProcess peer : order) {
                told.accept("round " + round + ", " + peer.peer().name());
                Drained turn = peer.drain(images, warmUp.records(rates.getOrDefault(peer, 1.0)));
                drained.computeIfAbsent(peer, p -> new ArrayList<>()).add(turn);
            }
        }
        for (PeerProcess peer : running) {
            told.accept("warm-up of single requests, " + peer.peer().name());
            warmUp.single(peer, Arrivals.EXPONENTIAL, load(peer));
        }
        for (int round = 1; round <= plan.rounds(); round++) {
            Collections.shuffle(order, random);
            for (PeerProcess peer : order) {
                told.accept("round " + round + " of times, " + peer.peer().name());
                Outcome outcome = peer.load(
                        Arrivals.EXPONENTIAL, load(peer), plan.window().multipliedBy(2), random.nextLong());
                outcomes.computeIfAbsent(peer, p -> new ArrayList<>()).add(outcome);
            }
        }
        List<Row> rows = new ArrayList<>();
        for (PeerProcess peer : running) {
            rows.add(row(peer));
        }
        return rows;
    }

    private double capacity(PeerProcess peer) {
        return figure(drained.getOrDefault(peer, List.of()), Drained::perSecond).median();
    }

    /** That part of the fair contestant's capacity; without it, of the slowest one's. */
    private double equalLoad() {
        double capacity = running.stream()
                .filter(peer -> peer.peer().name().equals(Peer.FAIR))
                .mapToDouble(this::capacity)
                .findFirst()
                .orElseGet(
                        () -> running.stream().mapToDouble(this::capacity).min().orElseThrow());
        return capacity * plan.percent() / 100;
    }

    private boolean carriesEqualLoad(PeerProcess peer) {
        return equalLoad() <= MOST_OF_CAPACITY * capacity(peer);
    }

    private double load(PeerProcess peer) {
        return carriesEqualLoad(peer) ? equalLoad() : capacity(peer) * plan.percent() / 100;
    }

    private Row row(PeerProcess peer) throws IOException {
        List<Drained> turns = drained.getOrDefault(peer, List.of());
        List<Outcome> times = outcomes.getOrDefault(peer, List.of());
        Figure perSecond = figure(turns, Drained::perSecond);
        Figure perCpuSecond = figure(turns, Drained::perCpuSecond);
        Figure p50 = figure(times, outcome -> quantile(outcome, 50));
        Figure p99 = figure(times, outcome -> quantile(outcome, 99));
        Figure late = figure(times, outcome -> outcome.lateness().getValueAtPercentile(99) / MICROS);
        return new Row(
                peer.peer().name(),
                precision,
                perSecond.median(),
                perCpuSecond.median(),
                p50.median(),
                p99.median(),
                load(peer),
                carriesEqualLoad(peer),
                peer.rssMb(),
                LinesOfCode.of(plan.programs(), peer.peer().sources()),
                peer.peer().settings(),
                Map.of(
                        "images_per_second", perSecond,
                        "images_per_cpu_second", perCpuSecond,
                        "p50_ms", p50,
                        "p99_ms", p99,
                        "late_p99_ms", late));
    }

    private static double quantile(Outcome outcome, double percent) {
        return outcome.latencies().getValueAtPercentile(percent) / MICROS;
    }

    private static <T> Figure figure(List<T> rounds, ToDoubleFunction<T> value) {
        return Figure.of(rounds.stream().mapToDouble(value).boxed().toList());
    }

    @Override
    public void close() {
        try (broker) {
            for (int i = running.size() - 1; i >= 0; i--) {
                running.get(i).close();
            }
        }
    }
}
