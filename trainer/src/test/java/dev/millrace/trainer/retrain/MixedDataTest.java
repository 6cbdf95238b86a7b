package dev.millrace.trainer.retrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.ImageShape;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.replay.ReplayImages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MixedDataTest {
    private static final int SIZE = 28 * 28;

    @ParameterizedTest
    @CsvSource({"200, 0.5, 60, 200", "200, 0.5, 500, 200", "100, 0.8, 60, 400", "200, 0.2, 60, 50", "200, 0, 60, 0"})
    void repeatsOrLeavesOutReplayedImagesUntilTheyAreTheirShare(int base, double share, int replayed, int expected)
            throws Exception {
        Dataset mixed = MixedData.of(Samples.dataset(), marked(replayed, 10), spec(base, share, 1));

        LabelledImages train = mixed.train();
        assertThat(train.size()).isEqualTo(base + expected);
        List<Integer> marks = IntStream.range(0, train.size())
                .filter(i -> isMarked(train, i))
                .mapToObj(train::id)
                .toList();
        assertThat(marks).hasSize(expected);
        Set<Integer> distinct = new HashSet<>(marks);
        assertThat(distinct).hasSize(Math.min(expected, replayed));
        int most = (expected + Math.max(1, replayed) - 1) / Math.max(1, replayed);
        assertThat(distinct).allMatch(id -> Collections.frequency(marks, id) <= most);
    }

    @Test
    void validatesOnTheBaseAndOnAllThatWasHeldOut() throws Exception {
        Dataset base = Samples.dataset();

        Dataset mixed = MixedData.of(base, marked(60, 17), spec(200, 0.5, 1));

        assertThat(mixed.validation().size()).isEqualTo(base.validation().size() + 17);
        assertThat(IntStream.range(0, mixed.validation().size())
                        .filter(i -> isMarked(mixed.validation(), i))
                        .count())
                .isEqualTo(17);
        assertThat(mixed.classes()).isEqualTo(base.classes());
    }

    @Test
    void isTheSameForTheSameInputsAndAnotherForOthers() throws Exception {
        Dataset base = Samples.dataset();
        String once = MixedData.of(base, marked(60, 10), spec(200, 0.5, 1)).sha256();

        assertThat(MixedData.of(base, marked(60, 10), spec(200, 0.5, 1)).sha256())
                .isEqualTo(once);
        assertThat(List.of(
                        MixedData.of(base, marked(61, 10), spec(200, 0.5, 1)).sha256(),
                        MixedData.of(base, marked(60, 11), spec(200, 0.5, 1)).sha256(),
                        MixedData.of(base, marked(60, 10), spec(200, 0.5, 2)).sha256(),
                        MixedData.of(base, marked(60, 10), spec(201, 0.5, 1)).sha256()))
                .doesNotContain(once)
                .doesNotHaveDuplicates();
    }

    @Test
    void withNothingReplayedItIsTheBase() throws Exception {
        Dataset base = Samples.dataset();

        Dataset mixed =
                MixedData.of(base, ReplayImages.none(base.classes(), base.shape()), RetrainSpecTest.parsed(text("")));

        assertThat(mixed.train().sha256()).isEqualTo(base.train().sha256());
        assertThat(mixed.validation().sha256()).isEqualTo(base.validation().sha256());
    }

    @Test
    void refusesReplayedImagesOfOtherClassesOrAnotherShape() throws Exception {
        Dataset base = Samples.dataset();
        List<String> reversed = new ArrayList<>(base.classes());
        Collections.reverse(reversed);
        LabelledImages none = LabelledImages.of(base.shape(), new byte[0], new int[0]);

        assertThatThrownBy(() -> MixedData.of(base, new ReplayImages(reversed, none, none), spec(200, 0.5, 1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("replayed images: of the classes [Ankle boot")
                .hasMessageContaining("(expected: [T-shirt/top");
        assertThatThrownBy(() -> MixedData.of(
                        base, ReplayImages.none(base.classes(), new ImageShape(32, 32, 3)), spec(200, 0.5, 1)))
                .isInstanceOf(IOException.class)
                .hasMessage("replayed images: 32x32x3 (expected: 28x28x1, as the network takes)");
    }

    /** Images of one grey value, which no base image is, each with another first pixel. */
    private static ReplayImages marked(int train, int heldOut) throws IOException {
        return new ReplayImages(Samples.dataset().classes(), marked(train), marked(heldOut));
    }

    private static LabelledImages marked(int count) throws IOException {
        byte[] pixels = new byte[count * SIZE];
        Arrays.fill(pixels, (byte) 77);
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            pixels[i * SIZE] = (byte) i;
            labels[i] = i % 10;
        }
        return LabelledImages.of(Samples.dataset().shape(), pixels, labels);
    }

    private static boolean isMarked(LabelledImages images, int i) {
        byte[] image = images.image(i);
        return IntStream.range(1, SIZE).allMatch(p -> image[p] == 77);
    }

    private static RetrainSpec spec(int images, double share, long seed) throws IOException {
        return RetrainSpecTest.parsed("model: m\nbase: {dataset: fashion-mnist, images: %d}\n".formatted(images)
                + "train: {seed: %d}\nreplay: {share: %s}\n".formatted(seed, share));
    }

    private static String text(String more) {
        return "model: m\nbase: {dataset: fashion-mnist}\n" + more;
    }
}
