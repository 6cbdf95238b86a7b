package dev.millrace.trainer.gate;

import dev.millrace.trainer.gate.Check.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Figures against limits, nothing else.
 *
 * @param bytes of the candidate's file
 * @param fp32 null where the file asks for no such comparison
 * @param champion null where the file asks for no such comparison
 * @param golden null where the file asks for none
 */
record Decision(
        GateFile file,
        long bytes,
        Trial candidate,
        @Nullable Trial fp32,
        @Nullable Trial champion,
        @Nullable GoldenVectors golden) {
    private static final String DOES_NOT_RUN = "not measured: the candidate does not run";

    List<Check> checks() {
        List<Check> checks = new ArrayList<>();
        Long maxBytes = file.maxBytes();
        if (maxBytes != null) {
            checks.add(Check.atMost("bytes", (double) bytes, (double) maxBytes, Unit.BYTES));
        }
        checks.add(runs());
        if (candidate.peakMib() != null) {
            checks.add(
                    Check.atMost("memory_mib", candidate.peakMib(), file.child().memoryMib(), Unit.MIB));
        }
        checks.add(Check.atMost("seconds", candidate.seconds(), file.child().seconds(), Unit.SECONDS));
        checks.add(answered("p99_ms", file.maxP99Ms(), Unit.MILLISECONDS, Trial.Answered::p99Ms));
        minimum(checks, "top1", file.minimum().top1(), Trial.Answered::top1);
        minimum(checks, "top5", file.minimum().top5(), Trial.Answered::top5);
        minimum(checks, "weighted_fbeta", file.minimum().weightedFbeta(), Trial.Answered::weightedFbeta);
        new TreeMap<>(file.minimum().recall())
                .forEach((name, share) -> minimum(checks, "recall." + name, share, answer -> answer.recall()
                        .getOrDefault(name, 0.0)));
        drop(checks, "fp32", file.maxDrop().fp32(), fp32);
        drop(checks, "champion", file.maxDrop().champion(), champion);
        if (file.golden() != null && golden != null) {
            checks.add(golden(file.golden().tolerance(), golden));
        }
        return checks;
    }

    private Check runs() {
        String reason = candidate.outcome() instanceof Trial.Failed failed ? failed.reason() : null;
        return new Check("runs", reason == null, null, null, Unit.NONE, reason);
    }

    private Check answered(String name, double most, Unit unit, ToDoubleFunction<Trial.Answered> figure) {
        return candidate.outcome() instanceof Trial.Answered answer
                ? Check.atMost(name, figure.applyAsDouble(answer), most, unit)
                : Check.unmeasured(name, most, unit, DOES_NOT_RUN);
    }

    private Check golden(double tolerance, GoldenVectors vectors) {
        if (candidate.outcome() instanceof Trial.Answered answer
                && Double.isInfinite(vectors.largestDifference(answer.goldenLogits()))) {
            return Check.unmeasured("golden", tolerance, Unit.LOGIT, "not comparable: another number of logits");
        }
        return answered("golden", tolerance, Unit.LOGIT, answer -> vectors.largestDifference(answer.goldenLogits()));
    }

    private void minimum(
            List<Check> checks, String name, @Nullable Double least, ToDoubleFunction<Trial.Answered> figure) {
        if (least != null) {
            checks.add(
                    candidate.outcome() instanceof Trial.Answered answer
                            ? Check.atLeast(name, figure.applyAsDouble(answer), least, Unit.SHARE)
                            : Check.unmeasured(name, least, Unit.SHARE, DOES_NOT_RUN));
        }
    }

    private void drop(List<Check> checks, String name, @Nullable Double most, @Nullable Trial reference) {
        if (most == null || reference == null) {
            return;
        }
        String check = "drop_" + name;
        if (!(candidate.outcome() instanceof Trial.Answered answer)) {
            checks.add(Check.unmeasured(check, most, Unit.POINTS, DOES_NOT_RUN));
        } else if (reference.outcome() instanceof Trial.Answered better) {
            // Of shares of the same images: what is beyond a billionth comes from subtracting.
            double points = Math.round(100 * (better.top1() - answer.top1()) * 1e9) / 1e9;
            checks.add(Check.atMost(check, points, most, Unit.POINTS));
        } else if (reference.outcome() instanceof Trial.Failed failed) {
            checks.add(Check.unmeasured(check, most, Unit.POINTS, "not measured: " + name + " " + failed.reason()));
        }
    }
}
