package dev.millrace.bench.peers;

import dev.millrace.bench.bed.BenchBroker;
import dev.millrace.bench.bed.OpenLoop.Arrivals;
import dev.millrace.bench.bed.OpenLoop.Outcome;
import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.measure.Figure;
import dev.millrace.bench.peers.PeerProcess.Seat;
import dev.millrace.bench.peers.PeersReport.CrayfishRow;
import dev.millrace.bench.process.Placement;
import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Crayfish's smallest workload: a feed-forward network of 28 K weights, one data point of 28 x 28 in a message, one message in a
 * session run, in fp32, at rates that double until whoever answers cannot follow. Its own adapter, a fair one and a worker. One thread.
 */
final class CrayfishWorkload implements AutoCloseable {
    private static final List<String> NAMES = List.of(Peer.MILLRACE, Peer.FAIR, Peer.CRAYFISH);
    private static final double FIRST_RATE = 512;
    private static final double LAST_RATE = 65_536;
    /** Beyond twice its capacity a contestant would need longer to catch up than the window lasts. */
    private static final double MOST_OF_CAPACITY = 2;

    private final PeersPlan plan;
    private final Seat seat;
    private final List<ImageRequest> images;
    private final RightAnswers right;
    private final WarmUp warmUp;
    private final BenchBroker broker;

    /**
     * Starts the broker.
     *
     * @param folder for files, records and logs; empty
     */
    CrayfishWorkload(PeersPlan plan, Placement placement, Path folder) throws IOException, InterruptedException {
        this.plan = plan;
        warmUp = new WarmUp(plan);
        Subject model = Subject.of("ffnn", FeedForward.onnx(plan.seed()));
        images = model.requests();
        right = RightAnswers.of(model.onnx(), images);
        broker = new BenchBroker(folder);
        PeerFiles files = new PeerFiles(folder, model.onnx());
        seat = new Seat(broker, model, 1, plan.settings(), placement, files, plan.programs());
    }

    /** About as often as {@link #run} tells something. */
    static long steps(PeersPlan plan) {
        return contestants(plan).size() * 6L;
    }

    private static List<Peer> contestants(PeersPlan plan) {
        return plan.peers().stream().filter(peer -> NAMES.contains(peer.name())).toList();
    }

    /**
     * Measures.
     *
     * @param told what goes on
     */
    List<CrayfishRow> run(Consumer<String> told) throws IOException, InterruptedException {
        List<CrayfishRow> rows = new ArrayList<>();
        for (Peer peer : contestants(plan)) {
            try (PeerProcess process = new PeerProcess(peer, seat, images)) {
                process.requireRightAnswers(images, right);
                told.accept("warm-up, " + peer.name());
                double capacity = warmUp.full(process, images);
                told.accept("warm-up of single requests, " + peer.name());
                warmUp.single(process, Arrivals.REGULAR, FIRST_RATE);
                for (double rate = FIRST_RATE; rate <= LAST_RATE && rate < MOST_OF_CAPACITY * capacity; rate *= 2) {
                    told.accept(peer.name() + ", " + Math.round(rate) + "/s");
                    rows.add(row(process, rate));
                }
            }
        }
        return rows;
    }

    private CrayfishRow row(PeerProcess process, double rate) throws IOException, InterruptedException {
        List<Double> throughputs = new ArrayList<>();
        List<Double> latencies = new ArrayList<>();
        // Not counted: the rate is a new one.
        process.load(Arrivals.REGULAR, rate, plan.window(), plan.seed());
        for (int round = 0; round < plan.rounds(); round++) {
            Outcome outcome = process.load(Arrivals.REGULAR, rate, plan.window(), plan.seed());
            CrayfishFigures figures = CrayfishFigures.of(outcome.passages());
            throughputs.add(figures.throughputPerSecond());
            latencies.add(figures.meanLatencyMs());
        }
        return new CrayfishRow(
                process.peer().name(),
                rate,
                Figure.of(throughputs).median(),
                Figure.of(latencies).median());
    }

    @Override
    public void close() {
        broker.close();
    }
}
