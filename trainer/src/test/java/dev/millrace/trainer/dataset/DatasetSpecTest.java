package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetSpecTest {
    @Test
    void readsNameAndPlace() {
        assertThat(DatasetSpec.parse("fashion-mnist")).isEqualTo(new DatasetSpec("fashion-mnist", null));
        assertThat(DatasetSpec.parse("cifar100:/data/c.tar.gz"))
                .isEqualTo(new DatasetSpec("cifar100", Path.of("/data/c.tar.gz")));
        assertThat(DatasetSpec.parse("fashion-mnist:/data")).hasToString("fashion-mnist:/data");
    }

    @Test
    void givesImagesInTheWantedShape() throws Exception {
        Dataset bundled = DatasetSpec.parse("bundled:fashion-mnist")
                .load(WantedShape.exactly(new ImageShape(32, 32, 3)), DownloadListener.NONE);

        assertThat(bundled.shape()).isEqualTo(new ImageShape(32, 32, 3));
        assertThat(bundled.test().shape()).isEqualTo(bundled.shape());
        assertThat(DatasetSpec.parse("bundled:fashion-mnist")
                        .load(WantedShape.square(16), DownloadListener.NONE)
                        .shape())
                .isEqualTo(new ImageShape(16, 16, 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"imagenet", "cifar100:", "bundled:cifar100", "folder", "images:", "bundled", ""})
    void refusesWhatIsNoDataSet(String text) {
        assertThatThrownBy(() -> DatasetSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: cifar100[:DIR|ARCHIVE], ");
    }

    @Test
    void namesTheFileThatIsMissing(@TempDir Path empty) {
        assertThatThrownBy(() -> DatasetSpec.parse("fashion-mnist:" + empty).load())
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining(
                        "train-images-idx3-ubyte.gz: no such file (expected: the four files of fashion-mnist");
    }
}
