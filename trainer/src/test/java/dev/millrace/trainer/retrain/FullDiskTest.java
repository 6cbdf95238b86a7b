package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.SmallDisk;
import dev.millrace.trainer.retrain.Ended.How;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs on a disk that is full when they want to write; base data and weights are on another one. */
@Timeout(120)
class FullDiskTest {
    private static final String FULL = "No space left on device";

    @TempDir
    private Path folder = Path.of("");

    private SmallDisk disk;
    private Runs runs = new Runs(folder, new Weights(folder));

    @BeforeEach
    void mount() throws Exception {
        disk = SmallDisk.on(folder.resolve("disk"), 8);
        runs = new Runs(folder.resolve("disk/runs"), new Weights(folder.resolve("weights")));
    }

    @AfterEach
    void unmount() throws Exception {
        if (disk != null) {
            disk.close();
        }
    }

    @Test
    void everyStepEndsTheRunAndIsDoneWhenThereIsRoomAgain() throws Exception {
        RetrainRun run = runs.begin(beginning(""));
        for (Step step : Step.values()) {
            assertThat(run.next()).contains(step);
            disk.fill();

            Ended ended = work(run, step);

            assertThat(ended.how()).isEqualTo(How.FAILED);
            assertThat(ended.reason())
                    .startsWith(step.id() + ": ")
                    .contains(FULL)
                    .contains("(nor can the run's record be written: ");
            assertThat(run.output(step)).doesNotExist();
            assertThat(unfinished()).isEmpty();
            assertThat(RetrainRun.open(run.folder()).hasCandidate()).isFalse();

            disk.free();
            assertThat(work(RetrainRun.open(run.folder()), step).how())
                    .isEqualTo(step == Step.GATE ? How.PASSED : How.STOPPED);
        }
        assertThat(RetrainRun.open(run.folder()).hasCandidate()).isTrue();
    }

    @Test
    void aCheckpointThatHasNoRoomEndsTheRunAndLeavesTheOneBefore() throws Exception {
        RetrainRun run = runs.begin(beginning("train: {epochs: 2, batch: 20}\n"));
        AtomicBoolean epoch = new AtomicBoolean();
        assertThat(new RetrainWork(run, told -> epoch.compareAndSet(false, told instanceof Progress.Epoch), epoch::get)
                        .run())
                .isEqualTo(new Ended(How.STOPPED, ""));
        Path checkpoint = run.folder().resolve("train/checkpoint.safetensors");
        byte[] before = Files.readAllBytes(checkpoint);
        disk.fill();

        // Told to stop, so that the checkpoint is the first that it writes.
        Ended ended = new RetrainWork(run, told -> {}, stopAtTheSecondLook()).run();

        assertThat(ended.how()).isEqualTo(How.FAILED);
        assertThat(ended.reason()).startsWith("train: ").contains(FULL);
        assertThat(checkpoint).hasBinaryContent(before);
        assertThat(unfinished()).isEmpty();
    }

    private static BooleanSupplier stopAtTheSecondLook() {
        AtomicBoolean looked = new AtomicBoolean();
        return () -> looked.getAndSet(true);
    }

    @Test
    void aRunThatHasNoRoomToBeginLeavesNothingAndBeginsWhenThereIsSome() throws Exception {
        disk.fill();

        assertThatThrownBy(() -> runs.begin(beginning("")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(FULL);

        assertThat(folder.resolve("disk/runs")).isEmptyDirectory();
        disk.free();
        assertThat(runs.begin(beginning("")).next()).contains(Step.TRAIN);
    }

    @Test
    void aRunThatTakesTooLongIsOverAlsoWhereItsRecordHasNoRoom() throws Exception {
        RetrainRun run = runs.begin(beginning("limits: {minutes: 0.000001}\n"));
        try (RetrainChild child = RetrainChild.start(run, line -> {})) {
            disk.fill();

            Ended ended = child.await();

            assertThat(ended.how()).isEqualTo(How.FAILED);
            assertThat(ended.reason()).startsWith("stopped: no end after").contains(FULL);
        }
        assertThat(RetrainRun.open(run.folder()).isOver()).isFalse();
    }

    /** Does this step and no other one. */
    private static Ended work(RetrainRun run, Step step) throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        return new RetrainWork(run, told -> done.compareAndSet(false, told.equals(new Progress.At(step, 1))), done::get)
                .run();
    }

    private List<Path> unfinished() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("disk"))) {
            return files.filter(file -> file.toString().endsWith(".part")).toList();
        }
    }

    private Beginning beginning(String more) throws IOException {
        String train = more.startsWith("train:") ? "" : "train: {epochs: 1, batch: 20}\n";
        return RunSamples.beginning(
                "a",
                RunSamples.spec(RunSamples.baseData(folder.resolve("base"), 60), train + more),
                null,
                RunSamples.replayed(20, 10));
    }
}
