package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DatasetTest {
    @Test
    void holdsOutTheSameTenthEveryTime() {
        Dataset data = numbered(100);
        Dataset again = numbered(100);

        assertThat(data.train().size()).isEqualTo(90);
        assertThat(data.validation().size()).isEqualTo(10);
        assertThat(data.validation().sha256()).isEqualTo(again.validation().sha256());
        Set<Byte> seen = new HashSet<>();
        for (LabelledImages part : List.of(data.train(), data.validation())) {
            for (int i = 0; i < part.size(); i++) {
                assertThat(seen.add(part.image(i)[0])).isTrue();
            }
        }
        assertThat(seen).hasSize(100);
    }

    @Test
    void holdsOutFewerOfTheSameImagesAndTrainsOnTheOthers() throws Exception {
        Dataset data = numbered(100);
        Dataset fewer = data.holdingOut(4);

        assertThat(fewer.train().size()).isEqualTo(96);
        assertThat(fewer.validation().sha256())
                .isEqualTo(data.validation().first(4).sha256());
        assertThat(fewer.sha256()).isEqualTo(data.sha256());
        Set<Byte> trained = new HashSet<>();
        for (int i = 0; i < fewer.train().size(); i++) {
            trained.add(fewer.train().image(i)[0]);
        }
        assertThat(trained).hasSize(96);
        for (int i = 0; i < fewer.validation().size(); i++) {
            assertThat(trained).doesNotContain(fewer.validation().image(i)[0]);
        }
        assertThat(data.holdingOut(10).validation().sha256())
                .isEqualTo(data.validation().sha256());
    }

    @Test
    void holdsOutNeitherMoreNorNone() {
        for (int n : List.of(0, 11)) {
            assertThatThrownBy(() -> numbered(100).holdingOut(n))
                    .isInstanceOf(DatasetException.class)
                    .hasMessageContaining("held out: " + n + " of numbered (expected: 1 to 10)");
        }
    }

    @Test
    void doesNotTrainOnValidationImagesThatTheDataSetBrings() {
        LabelledImages all = LabelledImages.of(new ImageShape(1, 1, 1), new byte[30], new byte[30]);
        LabelledImages own = all.select(new int[] {20, 21, 22});
        for (LabelledImages train : List.of(all.first(10), all.first(0))) {
            Dataset data = Dataset.divided("own", List.of("one"), train, own, all.first(1));

            assertThatThrownBy(() -> data.holdingOut(2))
                    .isInstanceOf(DatasetException.class)
                    .hasMessageContaining("held out: 2 of own (expected: a data set that does not bring its own");
        }
    }

    @Test
    void saysThatASplitIsEmpty() throws Exception {
        Dataset bundled = DatasetSpec.parse("bundled:fashion-mnist").load();

        assertThatThrownBy(() -> bundled.images(Split.TRAIN))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("train of fashion-mnist is empty");
    }

    @Test
    void putsColoursIntoPlanes() {
        LabelledImages images = LabelledImages.of(new ImageShape(1, 2, 3), new byte[] {1, 2, 3, 4, 5, 6}, new byte[1]);
        ByteBuffer planes = ByteBuffer.allocate(6);

        images.putPlanes(0, planes);

        assertThat(planes.array()).containsExactly(1, 4, 2, 5, 3, 6);
    }

    private static Dataset numbered(int count) {
        byte[] pixels = new byte[count];
        for (int i = 0; i < count; i++) {
            pixels[i] = (byte) i;
        }
        LabelledImages images = LabelledImages.of(new ImageShape(1, 1, 1), pixels, new byte[count]);
        return Dataset.withValidationSplit("numbered", List.of("one"), images, images.first(1));
    }
}
