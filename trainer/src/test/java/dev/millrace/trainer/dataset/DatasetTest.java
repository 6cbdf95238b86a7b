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
