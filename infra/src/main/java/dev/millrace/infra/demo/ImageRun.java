package dev.millrace.infra.demo;

import dev.millrace.infra.source.DatasetSource;
import dev.millrace.producer.ImageClient;
import dev.millrace.producer.source.SourceImage;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Publishes every image of a source as fast as the client lets it and counts what comes back. Publishing has a thread
 * of its own, since the client holds it up while enough is in flight; the labels never leave this class.
 */
final class ImageRun {
    private final ImageClient client;
    private final DatasetSource source;
    private final Tally tally = new Tally();
    private final int images;
    private volatile @Nullable Instant startedAt;

    ImageRun(ImageClient client, DatasetSource source) {
        this.client = client;
        this.source = source;
        this.images = (int) source.size().orElseThrow();
    }

    void start() {
        Thread publisher = new Thread(this::publishAll, "demo-publisher");
        publisher.setDaemon(true);
        publisher.start();
    }

    Tally tally() {
        return tally;
    }

    boolean isDone() {
        Tally.Progress progress = tally.progress();
        return progress.answered() + progress.lost() == images;
    }

    /** When the first image was published. */
    Instant startedAt() {
        Instant started = startedAt;
        return started == null ? Instant.now() : started;
    }

    private void publishAll() {
        startedAt = Instant.now();
        for (SourceImage image : source) {
            publish(image, image.label().orElseThrow());
        }
    }

    private void publish(SourceImage image, int label) {
        tally.published();
        try {
            var unused = client.publishAndAwait(image.read()).whenComplete((answer, failure) -> {
                if (failure == null) {
                    tally.answered(answer, label);
                } else {
                    tally.lost(failure);
                }
            });
        } catch (IOException | RuntimeException e) {
            tally.lost(e);
        }
    }
}
