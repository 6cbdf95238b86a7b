package dev.millrace.trainer.replay;

import static dev.millrace.trainer.replay.Images.CLASSES;
import static dev.millrace.trainer.replay.Images.SHAPE;
import static dev.millrace.trainer.replay.Images.id;
import static dev.millrace.trainer.replay.Images.pixels;
import static dev.millrace.trainer.replay.Images.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ReplayBufferTest {
    private static final int HEADER = 4_096;
    private static final int SLOT = 32 + SHAPE.bytes();

    @TempDir
    private Path folder = Path.of("");

    private Path file = Path.of("");

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("work/replay.bin");
    }

    @Test
    void hasAfterReopeningWhatWasPut() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            for (int i = 0; i < 20; i++) {
                assertThat(buffer.put(id(i), i % 3, pixels(i))).isTrue();
            }
            buffer.force();
            assertThat(buffer.size()).isEqualTo(20);
            assertThat(buffer.added()).isEqualTo(20);
        }

        try (ReplayBuffer buffer = open(30)) {
            assertThat(buffer.size()).isEqualTo(20);
            assertThat(buffer.size(0)).isEqualTo(7);
            assertThat(buffer.added()).isEqualTo(20);
            assertThat(contents(buffer)).isEqualTo(numbers(0, 20, 1));
        }
    }

    @Test
    void aFloodOfOneClassLeavesTheOthersAndTheDiskAlone() throws Exception {
        ReplaySpec spec = spec(300);
        try (ReplayBuffer buffer = ReplayBuffer.open(file, spec)) {
            for (int i = 0; i < 90; i++) {
                buffer.put(id(i), 1 + i % 2, pixels(i));
            }
            for (int i = 0; i < 100_000; i++) {
                buffer.put(id(1_000 + i), 0, pixels(i % 1_000));
            }

            assertThat(buffer.size(0)).isEqualTo(100);
            assertThat(buffer.size(1)).isEqualTo(45);
            assertThat(buffer.size(2)).isEqualTo(45);
            assertThat(buffer.added()).isEqualTo(100_090);
            assertThat(Files.size(file)).isLessThanOrEqualTo(spec.diskBytes());
            assertThat(buffer.put(id(100_999), 0, pixels(0)))
                    .as("the newest of the flood is there")
                    .isFalse();
            assertThat(buffer.put(id(1_000), 0, pixels(0)))
                    .as("the first of the flood is not")
                    .isTrue();
        }
        try (ReplayBuffer buffer = ReplayBuffer.open(file, spec)) {
            assertThat(buffer.size()).isEqualTo(190);
            buffer.put(id(-1), 0, pixels(1));
            assertThat(buffer.put(id(100_901), 0, pixels(0)))
                    .as("the oldest one went first after reopening, too")
                    .isTrue();
            assertThat(buffer.put(id(100_903), 0, pixels(0))).isFalse();
        }
    }

    @Test
    void aLaterLabelTakesThePlaceOfTheFirstOne() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            buffer.put(id(1), 0, pixels(1));
            buffer.put(id(2), 0, pixels(2));
            assertThat(buffer.put(id(1), 2, pixels(1))).isTrue();

            assertThat(buffer.size()).isEqualTo(2);
            assertThat(buffer.size(0)).isEqualTo(1);
            assertThat(buffer.added()).isEqualTo(3);
        }
        try (ReplayBuffer buffer = open(30)) {
            assertThat(contents(buffer)).isEqualTo(new TreeMap<>(Map.of(1, 2, 2, 0)));
        }
    }

    @Test
    void theSameLabelAgainChangesNothing() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            buffer.put(id(1), 0, pixels(1));

            assertThat(buffer.put(id(1), 0, pixels(1))).isFalse();
            assertThat(buffer.added()).isEqualTo(1);
            assertThat(buffer.size()).isEqualTo(1);
        }
    }

    @Test
    void ofAnImageInTwoSlotsTheNewerLabelCounts() throws Exception {
        byte[] before;
        try (ReplayBuffer buffer = open(30)) {
            buffer.put(id(1), 2, pixels(1));
            buffer.put(id(2), 0, pixels(2));
            before = Files.readAllBytes(file);
            buffer.put(id(1), 0, pixels(1));
            buffer.put(id(2), 1, pixels(2));
        }
        // As a crash between both writes of a relabelling leaves it: the old slots are still there.
        overwrite(HEADER + 20 * SLOT, before, HEADER + 20 * SLOT, SLOT);
        overwrite(HEADER, before, HEADER, SLOT);

        for (int opening = 0; opening < 2; opening++) {
            try (ReplayBuffer buffer = open(30)) {
                assertThat(buffer.size()).isEqualTo(2);
                assertThat(contents(buffer)).isEqualTo(new TreeMap<>(Map.of(1, 0, 2, 1)));
            }
        }
    }

    @Test
    void dropsASlotThatWasHalfWritten() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            for (int i = 0; i < 9; i++) {
                buffer.put(id(i), i % 3, pixels(i));
            }
        }
        overwrite(HEADER + SLOT + SLOT / 2, new byte[SLOT], 0, SLOT / 2);
        overwrite(HEADER + 10 * SLOT + 5, new byte[] {77}, 0, 1);

        try (ReplayBuffer buffer = open(30)) {
            Map<Integer, Integer> rest = numbers(0, 9, 1);
            rest.remove(3);
            rest.remove(1);
            assertThat(contents(buffer)).isEqualTo(rest);
            assertThat(buffer.put(id(3), 0, pixels(3))).as("it comes again").isTrue();
            assertThat(buffer.size()).isEqualTo(8);
        }
    }

    @Test
    void readsWhatIsLeftOfATruncatedFileAndRefusesOneWithoutItsHeader() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            for (int i = 0; i < 30; i++) {
                buffer.put(id(i), i / 10, pixels(i));
            }
        }
        byte[] whole = Files.readAllBytes(file);
        assertThat(whole).hasSize(HEADER + 30 * SLOT);
        long seed = System.nanoTime();
        System.out.println("seed of the lengths: " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            int length = HEADER + random.nextInt(whole.length - HEADER);
            Files.write(file, Arrays.copyOf(whole, length));
            try (ReplayBuffer buffer = open(30)) {
                assertThat(contents(buffer)).as("%d bytes", length).isEqualTo(numbers(0, (length - HEADER) / SLOT, 10));
            }
        }
        for (int length : new int[] {0, 7, 20, 40, 50}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> open(30))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file + ": ")
                    .hasMessageEndingWith("(expected: a replay buffer; without the file a new one is begun)");
        }
    }

    @Test
    void refusesAFileThatIsNoBufferOrWhoseHeaderIsDamaged() throws Exception {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "replay: {images: 20000}\n");
        assertThatThrownBy(() -> open(30)).hasMessageContaining("does not begin with MRREPLAY");
        Files.delete(file);
        open(30).close();
        overwrite(20, new byte[] {9}, 0, 1);
        assertThatThrownBy(() -> open(30)).hasMessageContaining("its header is damaged");
    }

    @Test
    void refusesOtherImagesAndOtherClassesAndLeavesTheFileAsItIs() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            buffer.put(id(1), 0, pixels(1));
        }
        byte[] before = Files.readAllBytes(file);

        assertThatThrownBy(() -> ReplayBuffer.open(file, new ReplaySpec(new ImageShape(5, 4, 1), CLASSES, 30)))
                .isInstanceOf(IOException.class)
                .hasMessage(file + ": images of 4x5x1 (expected: 5x4x1, as the model takes;"
                        + " move the file away to begin a new one)");
        assertThatThrownBy(() -> ReplayBuffer.open(file, new ReplaySpec(SHAPE, List.of("bee", "ant", "cat"), 30)))
                .hasMessage(file + ": classes [ant, bee, cat] (expected: [bee, ant, cat], as the model has;"
                        + " move the file away to begin a new one)");
        assertThat(Files.readAllBytes(file)).isEqualTo(before);
        open(30).close();
    }

    @Test
    void takesWhatItHasToAnotherCapacity() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            for (int i = 0; i < 45; i++) {
                buffer.put(id(i), i % 3, pixels(i));
            }
        }
        try (ReplayBuffer larger = open(60)) {
            assertThat(contents(larger)).isEqualTo(numbers(15, 45, 1));
            for (int i = 45; i < 75; i++) {
                larger.put(id(i), i % 3, pixels(i));
            }
            assertThat(contents(larger)).isEqualTo(numbers(15, 75, 1));
            assertThat(larger.added()).isEqualTo(75);
        }
        try (ReplayBuffer smaller = open(9)) {
            assertThat(contents(smaller)).as("the newest of each class").isEqualTo(numbers(66, 75, 1));
            assertThat(Files.size(file)).isEqualTo(spec(9).diskBytes());
            assertThat(smaller.added()).isEqualTo(75);
        }
    }

    @Test
    void onlyOneHasItInOneProcess() throws Exception {
        try (ReplayBuffer held = open(30)) {
            assertThat(held.size()).isZero();
            assertThatThrownBy(() -> open(30))
                    .isInstanceOf(IOException.class)
                    .hasMessage(file + ": in use by another trainer (expected: a work folder of its own)");
        }
        open(30).close();
    }

    @Test
    void onlyOneProcessHasItAndADeadOneLetsGo() throws Exception {
        try (BufferChild child = BufferChild.start("hold", file, 0)) {
            assertThat(child.line()).isEqualTo("open");

            assertThatThrownBy(() -> ReplayBuffer.open(file, BufferChild.SPEC))
                    .hasMessage(file + ": in use by another trainer (expected: a work folder of its own)");
            child.kill();

            ReplayBuffer.open(file, BufferChild.SPEC).close();
        }
    }

    @Test
    void aKilledProcessHasLostNothingThatWasForced() throws Exception {
        int forced = 0;
        try (BufferChild child = BufferChild.start("put", file, 0)) {
            // More than it holds, so that slots are being written over.
            while (forced < 900) {
                forced = Integer.parseInt(child.line());
            }
            child.kill();
        }

        try (ReplayBuffer buffer = ReplayBuffer.open(file, BufferChild.SPEC)) {
            assertThat(buffer.added()).isGreaterThan(forced);
            int all = (int) buffer.added();
            assertThat(buffer.size()).as("one may be torn").isBetween(599, 600);
            LabelledImages images = buffer.images(0).train();
            for (int i = 0; i < images.size(); i++) {
                int number = all - images.size() + i;
                assertThat(images.image(i)).as("image %d", number).isEqualTo(pixels(number, BufferChild.SPEC.shape()));
                assertThat(images.label(i)).isEqualTo(number % 2);
            }
        }
    }

    /** The system's limit on the size of a file says no as a full disk does. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aFullDiskIsNamedWithTheFileAndTheBufferWorksOn() throws Exception {
        int kept;
        try (BufferChild child = BufferChild.start("fill", file, 800)) {
            String[] sizes = child.line().split(" ");
            kept = Integer.parseInt(sizes[1]);
            assertThat(sizes[0]).isEqualTo("300");
            assertThat(kept).isBetween(1, 299);
            assertThat(child.line()).startsWith(file + ": ");
            assertThat(child.line()).isEqualTo("300 %d %d", kept, 300 + kept);
        }

        try (ReplayBuffer buffer = ReplayBuffer.open(file, BufferChild.SPEC)) {
            assertThat(buffer.size(0)).isEqualTo(300);
            assertThat(buffer.size(1)).isEqualTo(kept);
            assertThat(buffer.put(id(1_000), 0, pixels(1_000, BufferChild.SPEC.shape())))
                    .isFalse();
            assertThat(buffer.put(id(0), 0, pixels(0, BufferChild.SPEC.shape())))
                    .as("the oldest made room")
                    .isTrue();
            assertThat(buffer.put(id(600), 1, pixels(600, BufferChild.SPEC.shape())))
                    .as("there is room again")
                    .isTrue();
        }
    }

    @Test
    void givesAllImagesOldestFirstAndAlwaysHoldsTheSameOnesOut() throws Exception {
        TreeSet<Integer> heldOut = new TreeSet<>();
        try (ReplayBuffer buffer = open(3_000)) {
            for (int i = 0; i < 1_000; i++) {
                buffer.put(id(i), i % 3, pixels(i));
            }
            buffer.put(id(0), 1, pixels(0));
            ReplayImages images = buffer.images(0.2);

            assertThat(images.classes()).isEqualTo(CLASSES);
            LabelledImages all = buffer.images(0).train();
            assertThat(all.size()).isEqualTo(1_000);
            assertThat(all.image(0)).isEqualTo(pixels(1));
            assertThat(all.image(999)).as("it was labelled anew").isEqualTo(pixels(0));
            assertThat(all.label(999)).isEqualTo(1);
            assertThat(images.heldOut().size()).isBetween(150, 250);
            assertThat(images.train().size() + images.heldOut().size()).isEqualTo(1_000);
            heldOut.addAll(numbers(images.heldOut()).keySet());
        }
        try (ReplayBuffer buffer = open(2_400)) {
            for (int i = 1_000; i < 2_000; i++) {
                buffer.put(id(i), i % 3, pixels(i));
            }
            TreeSet<Integer> again =
                    new TreeSet<>(numbers(buffer.images(0.2).heldOut()).keySet());
            TreeSet<Integer> more =
                    new TreeSet<>(numbers(buffer.images(0.3).heldOut()).keySet());

            assertThat(again.headSet(1_000)).isEqualTo(heldOut);
            assertThat(more).containsAll(again).hasSizeGreaterThan(again.size());
            assertThat(buffer.images(0).heldOut().size()).isZero();
            assertThat(buffer.images(1).train().size()).isZero();
        }
    }

    @Test
    void leavesOutWhatTheDiskHasDamaged() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            for (int i = 0; i < 9; i++) {
                buffer.put(id(i), i % 3, pixels(i));
            }
            overwrite(HEADER + SLOT + 40, new byte[] {1, 2, 3}, 0, 3);

            Map<Integer, Integer> rest = numbers(0, 9, 1);
            rest.remove(3);
            assertThat(contents(buffer)).isEqualTo(rest);
        }
    }

    @Test
    void refusesLabelsPixelsAndSizesThatDoNotBelongThere() throws Exception {
        try (ReplayBuffer buffer = open(30)) {
            assertThatThrownBy(() -> buffer.put("r", 3, pixels(1))).hasMessage("label: 3 (expected: 0 to 2)");
            assertThatThrownBy(() -> buffer.put("r", 0, new byte[19]))
                    .hasMessage("pixels: 19 bytes (expected: 20, 4x5x1)");
        }
        assertThatThrownBy(() -> spec(2))
                .hasMessage("images: 2 (expected: 3, one of each class, to 107374179, 2 GiB of pixels of 4x5x1)");
        assertThatThrownBy(() -> new ReplaySpec(new ImageShape(224, 224, 3), CLASSES, 20_000))
                .hasMessageStartingWith("images: 20000 (expected: 3, one of each class, to 14266,");
        assertThatThrownBy(() -> new ReplaySpec(SHAPE, List.of("ant", "ant"), 20))
                .hasMessageStartingWith("classes: [ant, ant] (expected: ");
    }

    private ReplayBuffer open(int capacity) throws IOException {
        return ReplayBuffer.open(file, spec(capacity));
    }

    /** Labels of what the buffer has, by the number of the image. */
    private Map<Integer, Integer> contents(ReplayBuffer buffer) throws IOException {
        return numbers(buffer.images(0).train());
    }

    private static Map<Integer, Integer> numbers(LabelledImages images) {
        TreeMap<Integer, Integer> labels = new TreeMap<>();
        Map<ByteBuffer, Integer> numbers = new HashMap<>();
        for (int number = 0; number < 2_000; number++) {
            numbers.put(ByteBuffer.wrap(pixels(number)), number);
        }
        for (int i = 0; i < images.size(); i++) {
            Integer number = numbers.get(ByteBuffer.wrap(images.image(i)));
            assertThat(number).as("image %d is none that was put", i).isNotNull();
            labels.put(number, images.label(i));
        }
        return labels;
    }

    /** Images of these numbers; so many of one label follow one another. */
    private static Map<Integer, Integer> numbers(int from, int to, int run) {
        TreeMap<Integer, Integer> labels = new TreeMap<>();
        for (int i = from; i < to; i++) {
            labels.put(i, i / run % 3);
        }
        return labels;
    }

    private void overwrite(long at, byte[] from, int offset, int length) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(at);
            open.write(from, offset, length);
        }
    }
}
