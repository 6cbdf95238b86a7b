package dev.millrace.producer.cli;

import dev.millrace.producer.Answer;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.OutgoingImage;
import dev.millrace.producer.PublishException;
import dev.millrace.producer.Receipt;
import dev.millrace.producer.source.ImageSource;
import dev.millrace.producer.source.SourceImage;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Publishes the images of some sources, at a rate or as fast as they go. The loop belongs to the calling thread. */
final class PublishRun {
    /**
     * What to do with the images.
     *
     * @param rate schedule; null publishes without a pause
     * @param count most images; null for all
     * @param await whether to wait for the answers
     * @param adjust gives each image what the command line says of all: model, key, deadline
     * @param pictures draws what was found on answered images; null: nobody does
     */
    record Plan(
            @Nullable Rate rate,
            @Nullable Long count,
            boolean await,
            UnaryOperator<OutgoingImage> adjust,
            @Nullable ResultPictures pictures) {}

    private static final int FAILURES_SHOWN = 10;

    private final ImageClient client;
    private final Plan plan;
    private final Tally tally;
    private final ProgressLine progress;
    private final StopRequest stop;
    private final AtomicLong failures = new AtomicLong();

    PublishRun(ImageClient client, Plan plan, Tally tally, ProgressLine progress, StopRequest stop) {
        this.client = client;
        this.plan = plan;
        this.tally = tally;
        this.progress = progress;
        this.stop = stop;
    }

    /** Returns when the last image is handed over; false when it was stopped before. */
    boolean publish(List<ImageSource> sources) throws InterruptedException {
        long start = System.nanoTime();
        long index = 0;
        for (ImageSource source : sources) {
            for (SourceImage image : source) {
                if (plan.count() != null && index >= plan.count()) {
                    return true;
                }
                long due = plan.rate() == null ? 0 : start + plan.rate().dueNanos(index) - System.nanoTime();
                if (stop.requested() || (due > 0 && stop.await(due))) {
                    return false;
                }
                publish(image);
                index++;
            }
        }
        return true;
    }

    private void publish(SourceImage source) {
        OutgoingImage image;
        try {
            image = plan.adjust().apply(source.read());
        } catch (IOException | IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            progress.message(message.startsWith(source.name()) ? message : source.name() + ": " + message);
            tally.unreadable();
            progress.step();
            return;
        }
        tally.taken();
        if (plan.await()) {
            var unused = client.publishAndAwait(image)
                    .whenComplete((answer, failure) -> settle(source, image, answer, failure));
        } else {
            var unused = client.publish(image).whenComplete((receipt, failure) -> settle(source, receipt, failure));
        }
    }

    private void settle(SourceImage source, OutgoingImage image, @Nullable Answer answer, @Nullable Throwable failure) {
        if (answer != null) {
            tally.answered(answer.result());
            if (plan.pictures() != null) {
                plan.pictures().draw(source.name(), image, answer.result());
            }
        } else {
            if (failure instanceof PublishException) {
                tally.notPublished();
            } else {
                tally.unanswered();
            }
            report(source, failure);
        }
        progress.step();
    }

    private void settle(SourceImage source, @Nullable Receipt receipt, @Nullable Throwable failure) {
        if (receipt != null) {
            tally.acknowledged();
        } else {
            tally.notPublished();
            report(source, failure);
        }
        progress.step();
    }

    private void report(SourceImage source, @Nullable Throwable failure) {
        long count = failures.incrementAndGet();
        if (count <= FAILURES_SHOWN) {
            progress.message(source.name() + ": " + (failure == null ? "failed" : failure.getMessage()));
        } else if (count == FAILURES_SHOWN + 1) {
            progress.message("(further failures are only counted)");
        }
    }
}
