package dev.millrace.trainer.service;

import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.ScoredLabel;
import dev.millrace.schemas.topic.Topics;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.drift.DriftWindow;
import dev.millrace.trainer.replay.Fetched;
import dev.millrace.trainer.replay.LabelCounts;
import dev.millrace.trainer.replay.LabelledRequest;
import dev.millrace.trainer.replay.LabelledRequests;
import dev.millrace.trainer.replay.ReplayBuffer;
import dev.millrace.trainer.replay.RequestFetcher;
import dev.millrace.worker.decode.Resizing;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the stream tells of one model: the images of requests whose label has come, which go into the buffer, and the champion's answers. It
 * reads results and labels from a time on; whoever reads the same again puts nothing into the buffer twice. One thread at a time.
 */
final class StreamWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StreamWatch.class);

    /** Places of requests and labels that wait for theirs: some 100 bytes each. */
    private static final int REMEMBERED = 1_000_000;

    /** Fetched at a time, so that a flood of labels leaves time for the rest. */
    private static final int MOST_FETCHED = 2_000;

    private final String model;
    private final String feedbackTopic;
    private final int window;
    private final LabelledRequests join;
    private final ReplayBuffer buffer;
    private final RequestFetcher fetcher;
    private final TopicReader reader;
    private final List<LabelledRequest> found = new ArrayList<>();
    private final WireTerms wire;
    private final WireCodec<InferenceResult> results;
    private final WireCodec<Feedback> labels;
    private final ImageShape shape;
    private final Resizing resizing;
    private final List<String> names;
    private final int classes;
    private Fetched fetched = Fetched.NOTHING;
    private int champion;
    private DriftWindow answers;

    /**
     * Begins to read.
     *
     * @param champion whose requests and answers they are
     * @param window answers that drift is measured on
     * @param buffer of the champion's shape and classes
     * @param since of results and labels
     */
    StreamWatch(
            Map<String, ?> client,
            Topics topics,
            ModelManifest champion,
            int window,
            ReplayBuffer buffer,
            Instant since) {
        this.model = champion.getName();
        this.champion = champion.getVersion();
        this.shape = shape(champion);
        this.resizing = resizing(champion);
        this.names = List.copyOf(champion.getLabels());
        this.classes = names.size();
        this.window = window;
        this.buffer = buffer;
        this.feedbackTopic = topics.feedback();
        this.answers = new DriftWindow(classes, window);
        this.join = new LabelledRequests(champion.getLabels(), REMEMBERED);
        this.wire = WireTerms.from(client);
        this.results = new WireCodec<>(InferenceResult.class, wire);
        this.labels = new WireCodec<>(Feedback.class, wire);
        this.fetcher = new RequestFetcher(client, Set.of(topics.requests()), model, shape, resizing);
        try {
            Map<String, Instant> from = new HashMap<>();
            from.put(topics.results(), since);
            from.put(topics.feedback(), since);
            this.reader = new TopicReader(client, from, this::add);
        } catch (RuntimeException e) {
            fetcher.close();
            wire.close();
            throw e;
        }
    }

    /** Whether that champion takes and gives the same as the one that this began with. */
    boolean isFor(ModelManifest other) {
        return shape(other).equals(shape)
                && resizing(other).equals(resizing)
                && other.getLabels().equals(names);
    }

    static ImageShape shape(ModelManifest model) {
        return new ImageShape(
                model.getInput().getHeight(),
                model.getInput().getWidth(),
                model.getInput().getChannels());
    }

    private static Resizing resizing(ModelManifest model) {
        InputSpec input = model.getInput();
        return Resizing.of(input.getResize().name(), input.getFilter().name(), input.getFill());
    }

    private void add(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null) {
            return;
        }
        try {
            if (record.topic().equals(feedbackTopic)) {
                add(labels.decode(record.value()));
            } else {
                add(results.decode(record.value()));
            }
        } catch (MalformedRecordException e) {
            log.debug("record ignored topic={} offset={} error={}", record.topic(), record.offset(), e.getMessage());
        }
    }

    private void add(Feedback label) {
        join.labelled(
                        label.getRequestId(),
                        label.getLabel(),
                        label.getSourceTopic(),
                        label.getSourcePartition(),
                        label.getSourceOffset())
                .ifPresent(found::add);
    }

    private void add(InferenceResult result) {
        if (!model.equals(result.getModel()) || result.getArm() == RolloutArm.SHADOW) {
            return;
        }
        join.answered(
                        result.getRequestId(),
                        result.getSourceTopic(),
                        result.getSourcePartition(),
                        result.getSourceOffset())
                .ifPresent(found::add);
        Integer version = result.getVersion();
        if (result.getStatus() == ResultStatus.OK
                && version != null
                && version == champion
                && !result.getLabels().isEmpty()) {
            ScoredLabel best = result.getLabels().get(0);
            answers.add(best.getIndex(), best.getScore());
        }
    }

    /**
     * Reads on, without waiting, and puts into the buffer what was found.
     *
     * @return whether it has reached what was the end at some moment since {@link #looked}
     * @throws IOException when the buffer cannot be written; what was not put is put at the next call
     */
    boolean readOn() throws IOException {
        boolean current = found.size() < MOST_FETCHED && reader.readOn();
        if (!found.isEmpty()) {
            List<LabelledRequest> now = found.subList(0, Math.min(found.size(), MOST_FETCHED));
            fetched = fetched.plus(fetcher.fetch(now, (request, pixels) -> {
                buffer.put(request.requestId(), request.label(), pixels);
            }));
            now.clear();
        }
        return current && found.isEmpty();
    }

    void looked() {
        reader.looked();
    }

    /** From here on another version's answers are looked at. */
    void champion(int version) {
        if (version != champion) {
            champion = version;
            answers = new DriftWindow(classes, window);
        }
    }

    DriftWindow answers() {
        return answers;
    }

    /** What became of the labels that it has read. */
    LabelCounts labels() {
        return join.counts();
    }

    /** What became of those whose request was looked for. */
    Fetched fetched() {
        return fetched;
    }

    @Override
    public void close() {
        try (wire;
                fetcher) {
            reader.close();
        }
    }
}
