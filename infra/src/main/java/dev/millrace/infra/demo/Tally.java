package dev.millrace.infra.demo;

import dev.millrace.producer.Answer;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.ScoredLabel;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What has come of the images so far. Written by the client's threads, read by the demo's: every method is locked. */
final class Tally {
    private final Map<ResultStatus, Integer> byStatus = new EnumMap<>(ResultStatus.class);
    private final Map<String, Integer> errors = new TreeMap<>();
    private final StageTimes times = new StageTimes();
    private int published;
    private int answered;
    private int lost;
    private int right;
    private @Nullable Answered first;
    private @Nullable InferenceResult lastOk;
    private @Nullable Instant lastReceived;
    private @Nullable Throwable firstLoss;

    /** An answer beside the true class index that it was measured by. */
    record Answered(Answer answer, int label) {}

    /** How far it is. */
    record Progress(int published, int answered, int lost) {}

    synchronized void published() {
        published++;
    }

    synchronized void answered(Answer answer, int label) {
        answered++;
        byStatus.merge(answer.result().getStatus(), 1, Integer::sum);
        lastReceived = answer.receivedAt();
        if (first == null) {
            first = new Answered(answer, label);
        }
        if (answer.result().getStatus() == ResultStatus.OK) {
            lastOk = answer.result();
            times.record(answer);
            List<ScoredLabel> labels = answer.result().getLabels();
            right += !labels.isEmpty() && labels.get(0).getIndex() == label ? 1 : 0;
        } else {
            errors.merge(
                    answer.result().getErrorClass() + ": " + answer.result().getErrorMessage(), 1, Integer::sum);
        }
    }

    /** An image that was not published or not answered in time. */
    synchronized void lost(Throwable reason) {
        lost++;
        if (firstLoss == null) {
            firstLoss = reason;
        }
    }

    synchronized Progress progress() {
        return new Progress(published, answered, lost);
    }

    synchronized @Nullable Answered first() {
        return first;
    }

    synchronized @Nullable Throwable firstLoss() {
        return firstLoss;
    }

    /** @param startedAt when the first image was published */
    synchronized DemoReport report(String dataset, int inFlight, long modelBytes, Instant startedAt) {
        return new DemoReport(
                dataset,
                published,
                inFlight,
                new EnumMap<>(byStatus),
                errors,
                lost,
                right,
                startedAt,
                lastReceived == null ? startedAt : lastReceived,
                times.percentiles(),
                lastOk,
                modelBytes);
    }
}
