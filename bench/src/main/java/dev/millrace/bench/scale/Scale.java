package dev.millrace.bench.scale;

import dev.millrace.bench.bed.FilledTopic;
import dev.millrace.bench.bed.Subject;
import dev.millrace.bench.bed.TopicBed;
import dev.millrace.bench.measure.Figure;
import dev.millrace.bench.scale.ScalePlan.Group;
import dev.millrace.bench.scale.ScaleReport.Row;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Measures one group, after a warm-up and a round that does not count. One thread. */
final class Scale {
    private final Group group;
    private final ScalePlan plan;
    private final Subject subject;
    private final ScaleBed bed;

    /** What one round gave. */
    private record Round(double perSecond, double coreMicros) {}

    Scale(Group group, ScalePlan plan, Subject subject, ScaleBed bed) {
        this.group = group;
        this.plan = plan;
        this.subject = subject;
        this.bed = bed;
    }

    Row run() throws IOException, InterruptedException {
        double ideal = plan.idealPerSecond(group);
        warmUp();
        bed.letWait(plan.run(group));
        double rate = round(records(ideal)).perSecond();
        List<Round> rounds = new ArrayList<>();
        for (int i = 0; i < plan.rounds(); i++) {
            Round round = round(records(rate));
            rounds.add(round);
            rate = round.perSecond();
        }
        return new Row(
                group.workers(),
                group.lanes(),
                plan.run(group).toNanos() / 1e6,
                bed.joinSeconds(),
                ideal,
                Figure.of(rounds.stream().map(Round::perSecond).toList()),
                Figure.of(
                        rounds.stream().map(round -> round.perSecond() / ideal).toList()),
                Figure.of(rounds.stream().map(Round::coreMicros).toList()));
    }

    private void warmUp() throws IOException, InterruptedException {
        bed.letWait(plan.warmUpRun(group));
        for (long left = plan.warmUpImages(group); left > 0; left -= FilledTopic.MOST_RECORDS) {
            round(Math.min(left, FilledTopic.MOST_RECORDS));
        }
    }

    /** Whole batches for every lane, so that none waits for the last one alone. */
    private long records(double rate) {
        long share = (long) group.allLanes() * plan.batch();
        return FilledTopic.records(rate, plan.window(), 2 * share) / share * share;
    }

    private Round round(long records) throws IOException, InterruptedException {
        FilledTopic topic = bed.topic();
        topic.fill(subject.requests(), records);
        long before = bed.cpuNanos();
        topic.fire();
        topic.awaitAnswered(TopicBed.GROUP);
        long used = bed.cpuNanos() - before;
        double perSecond = topic.answersPerSecond();
        topic.empty();
        return new Round(perSecond, used / 1e3 / records);
    }
}
