package dev.millrace.trainer.fit;

import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.UnreadablePictureException;
import dev.millrace.trainer.torch.Targets;
import java.util.SplittableRandom;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Prepares the batches of one epoch, in an order and with augmentation that only seed, epoch and position decide: an epoch that is
 * continued in the middle sees what it would have seen.
 *
 * <p>The loader thread fills the queue, the training thread empties it; the queue's bound holds the loader back.
 */
final class BatchLoader implements AutoCloseable {
    private static final int PREPARED = 4;

    private final LabelledImages images;
    private final Recipe recipe;
    private final @Nullable Teacher teacher;
    private final int epoch;
    private final BlockingQueue<Supplier<Batch>> prepared = new ArrayBlockingQueue<>(PREPARED);
    private final Thread thread;

    /**
     * Starts the loader thread at batch {@code firstStep} of {@code epoch}, both from 0.
     *
     * @param teacher asked about every batch; stays the caller's. Null: only the labels teach
     */
    BatchLoader(LabelledImages training, Recipe recipe, @Nullable Teacher teacher, int epoch, int firstStep) {
        this.images = training.shuffled(recipe.seed() + 31L * epoch);
        this.recipe = recipe;
        this.teacher = teacher;
        this.epoch = epoch;
        this.thread = new Thread(() -> fill(firstStep), "batch-loader");
        thread.setDaemon(true);
        thread.start();
    }

    /** Whole batches in an epoch. What is left over comes in another epoch, as the order changes. */
    static int steps(LabelledImages training, Recipe recipe) {
        return training.size() / recipe.batch();
    }

    /**
     * The next batch; waits for it. To be called once for every step that is left.
     *
     * @throws UnreadablePictureException when an image of it cannot be read
     */
    Batch next() throws InterruptedException {
        return prepared.take().get();
    }

    private void fill(int firstStep) {
        try {
            for (int step = firstStep; step < steps(images, recipe); step++) {
                prepared.put(prepareOrFail(step));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A failure is handed over like a batch, out of memory included: whoever waits for one must not wait for ever. */
    private Supplier<Batch> prepareOrFail(int step) {
        try {
            Batch batch = prepare(step);
            return () -> batch;
        } catch (RuntimeException | Error e) {
            return () -> {
                throw e;
            };
        }
    }

    private Batch prepare(int step) {
        int bytes = images.shape().bytes();
        byte[] pixels = new byte[recipe.batch() * bytes];
        long[] labels = new long[recipe.batch()];
        for (int i = 0; i < recipe.batch(); i++) {
            int position = step * recipe.batch() + i;
            recipe.augmentation()
                    .apply(images.image(position), images.shape(), turn(position), random(position), pixels, i * bytes);
            labels[i] = images.label(position);
        }
        SplittableRandom random = random(-1 - step);
        boolean mixed = random.nextDouble() < recipe.augmentation().cutMix();
        Targets targets = mixed
                ? CutMix.anywhere(images.shape(), random).paste(pixels, labels, images.shape())
                : Targets.of(labels);
        return new Batch(pixels, teacher == null ? targets : teacher.teach(pixels, labels.length, targets));
    }

    /** Of an image, by its position in the epoch; of a batch, by a number below 0. */
    private SplittableRandom random(long position) {
        return new SplittableRandom((recipe.seed() * 1_000_003L + epoch) << 24 ^ position);
    }

    /** Half of the images start mirrored; then each changes with every epoch. */
    private boolean turn(int position) {
        boolean first = new SplittableRandom(recipe.seed() ^ images.id(position)).nextBoolean();
        return first ^ (epoch % 2 == 1);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
