package dev.millrace.producer.cli;

import dev.millrace.producer.OutgoingImage;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.LabelMap;
import dev.millrace.schemas.ResultStatus;
import dev.millrace.schemas.picture.BoxDrawing;
import dev.millrace.schemas.picture.MapDrawing;
import dev.millrace.schemas.picture.PictureOutput;
import dev.millrace.schemas.picture.SourcePicture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Pictures with what results say is on them. They are drawn by a thread of its own, for those who bring results have others to take;
 * closing waits for it, unless it is interrupted.
 */
final class ResultPictures implements AutoCloseable {
    private final PictureOutput output;
    private final Consumer<String> trouble;
    private final ExecutorService drawer = Executors.newSingleThreadExecutor(task -> new Thread(task, "draw"));
    private final AtomicLong failed = new AtomicLong();

    /** @param trouble is told of pictures that could not be drawn; by the drawing thread */
    ResultPictures(PictureOutput output, Consumer<String> trouble) {
        this.output = output;
        this.trouble = trouble;
    }

    /** Draws an OK result on its image, some time. */
    void draw(String name, OutgoingImage image, InferenceResult result) {
        if (result.getStatus() == ResultStatus.OK) {
            drawer.execute(() -> write(name, image, result));
        }
    }

    private void write(String name, OutgoingImage image, InferenceResult result) {
        try {
            LabelMap map = result.getMask();
            output.write(
                    name,
                    map == null
                            ? BoxDrawing.draw(picture(image), result.getBoxes())
                            : MapDrawing.draw(picture(image), map));
        } catch (IOException | RuntimeException e) {
            failed.incrementAndGet();
            trouble.accept(name + ": cannot be drawn: " + e.getMessage());
        }
    }

    private static BufferedImage picture(OutgoingImage image) throws IOException {
        return switch (image.encoding()) {
            case RAW_U8, RAW_U8_CHW ->
                SourcePicture.raw(
                        image.bytes(),
                        image.width(),
                        image.height(),
                        image.channels(),
                        image.encoding() == ImageEncoding.RAW_U8_CHW);
            case PNG, JPEG -> SourcePicture.encoded(image.bytes());
            case UNSPECIFIED -> throw new IOException("encoding: unknown (expected: raw pixels, PNG or JPEG)");
        };
    }

    /** Pictures that could not be drawn, of those that were until {@link #close}. */
    long failed() {
        return failed.get();
    }

    @Override
    public void close() {
        drawer.shutdown();
        try {
            if (!drawer.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException("pictures: still drawn after 292 years (expected: done)");
            }
        } catch (InterruptedException e) {
            drawer.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
