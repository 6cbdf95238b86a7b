package dev.millrace.trainer.judge;

import dev.millrace.schemas.Feedback;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.RolloutArm;
import dev.millrace.schemas.TrialKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is seen of one step of a trial: results of its two versions from its beginning on, joined by request id with labels and with each
 * other. Records of one partition must come in order; in which order partitions are read makes no difference. One thread at a time.
 */
public final class Window {
    private final OpenTrial.Step step;
    private final int remembered;
    private final MessageDigest sha256;
    private final SourceRecords results = new SourceRecords();
    private final SourceRecords shadows = new SourceRecords();
    private final ArmTally champion = new ArmTally();
    private final ArmTally challenger = new ArmTally();
    private final Map<Long, Answers> joined = new LinkedHashMap<>();
    private final Map<String, String> labels = new HashMap<>();
    private final Map<String, Content> byLabel = new HashMap<>();
    private long forgotten;
    private long both;
    private double agreed;
    private long labelled;
    private long championOnly;
    private long challengerOnly;

    /** What was answered to one request, and its true label; null: not known. */
    private static final class Answers {
        private @Nullable Content champion;
        private @Nullable Content challenger;
        private @Nullable String truth;

        boolean lackLabel() {
            return truth == null && (best(champion) != null || best(challenger) != null);
        }
    }

    private static @Nullable String best(@Nullable Content answer) {
        return answer == null ? null : answer.best();
    }

    /**
     * A window with nothing in it.
     *
     * @param remembered how many requests wait at most for what is still to come of them
     */
    public Window(OpenTrial.Step step, int remembered) {
        this.step = step;
        this.remembered = remembered;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 (expected: every JDK has it)", e);
        }
    }

    /** A record of the results topic or of the shadow results; what belongs to neither version is passed over. */
    public void add(InferenceResult result) {
        boolean ofStep = step.model().equals(result.getModel())
                && !result.getCompletedAt().isBefore(step.since())
                && (result.getStatus() == ResultStatus.OK || result.getStatus() == ResultStatus.FAILED);
        if (!ofStep || result.getVersion() == null) {
            return;
        }
        int version = result.getVersion();
        if (result.getArm() == RolloutArm.CHAMPION && version == step.champion()) {
            if (results.isFirst(result)) {
                champion.add(result);
                join(result, true);
            }
        } else if (version == step.challenger() && result.getArm() == challengersArm()) {
            SourceRecords seen = result.getArm() == RolloutArm.SHADOW ? shadows : results;
            if (seen.isFirst(result)) {
                challenger.add(result);
                join(result, false);
            }
        }
    }

    private RolloutArm challengersArm() {
        return switch (step.kind()) {
            case SHADOW -> RolloutArm.SHADOW;
            case CANARY -> RolloutArm.CHALLENGER;
            case UNKNOWN -> RolloutArm.NONE;
        };
    }

    /** A record of the feedback topic. */
    public void add(Feedback feedback) {
        Answers answers = answers(feedback.getRequestId());
        count(answers, -1);
        answers.truth = interned(feedback.getLabel());
        count(answers, 1);
    }

    private void join(InferenceResult result, boolean byChampion) {
        if (result.getStatus() != ResultStatus.OK || !ArmTally.isComparable(result)) {
            return;
        }
        Content content = content(result);
        if (content.best() == null && step.kind() != TrialKind.SHADOW) {
            // There is no other answer, and no label, that it could be compared with.
            return;
        }
        Answers answers = answers(result.getRequestId());
        count(answers, -1);
        if (byChampion) {
            answers.champion = content;
        } else {
            answers.challenger = content;
        }
        count(answers, 1);
    }

    private Content content(InferenceResult result) {
        if (!result.getLabels().isEmpty()) {
            String best = interned(result.getLabels().get(0).getLabel());
            Content known = byLabel.get(best);
            if (known == null) {
                known = Content.labelled(best);
                if (byLabel.size() < remembered) {
                    byLabel.put(best, known);
                }
            }
            return known;
        }
        Map<String, Integer> counts = new HashMap<>();
        result.getCounts().forEach((label, count) -> counts.put(interned(label), Math.max(0, count)));
        return Content.counted(counts);
    }

    /** What is known of a request counts, or with -1 no longer does. */
    private void count(Answers answers, int count) {
        String truth = answers.truth;
        String championSaid = best(answers.champion);
        String challengerSaid = best(answers.challenger);
        boolean championRight = Objects.equals(championSaid, truth);
        boolean challengerRight = Objects.equals(challengerSaid, truth);
        if (truth != null && championSaid != null) {
            champion.label(championRight, count);
        }
        if (truth != null && challengerSaid != null) {
            challenger.label(challengerRight, count);
        }
        if (answers.champion == null || answers.challenger == null) {
            return;
        }
        both += count;
        agreed += count * answers.champion.agreement(answers.challenger);
        if (truth != null && championSaid != null && challengerSaid != null) {
            labelled += count;
            championOnly += championRight && !challengerRight ? count : 0;
            challengerOnly += challengerRight && !championRight ? count : 0;
        }
    }

    private Answers answers(String requestId) {
        // Half a million ids of any length would not fit; that two of them share 64 bits of SHA-256 has a chance of one
        // in 10^8.
        long id = ByteBuffer.wrap(sha256.digest(requestId.getBytes(StandardCharsets.UTF_8)))
                .getLong();
        Answers known = joined.get(id);
        if (known != null) {
            return known;
        }
        if (joined.size() >= remembered) {
            Iterator<Answers> oldest = joined.values().iterator();
            forgotten += oldest.next().lackLabel() ? 1 : 0;
            oldest.remove();
        }
        Answers made = new Answers();
        joined.put(id, made);
        return made;
    }

    /** One string for each label, of the few that a model has; what people send beyond that is kept as it came. */
    private String interned(String label) {
        if (labels.size() >= remembered) {
            return labels.getOrDefault(label, label);
        }
        return labels.computeIfAbsent(label, same -> same);
    }

    /** All that was seen until now. */
    public Evidence seen() {
        return new Evidence(
                champion.seen(),
                challenger.seen(),
                new Pairs(both, Math.max(0, Math.min((double) both, agreed)), labelled, championOnly, challengerOnly),
                forgotten);
    }
}
