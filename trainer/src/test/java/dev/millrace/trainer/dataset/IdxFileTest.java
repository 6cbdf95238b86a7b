package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFileTest {
    @Test
    void readsWhatItWrote() throws IOException {
        IdxFile file = read(written(new int[] {2, 3}, new byte[] {1, 2, 3, 4, 5, (byte) 255}), 2);

        assertThat(file.dimensions()).containsExactly(2, 3);
        assertThat(file.values()).containsExactly(1, 2, 3, 4, 5, 255);
    }

    @Test
    void readsPlainFilesLikeGzippedOnes() throws IOException {
        IdxFile file = read(new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 7, 9}, 1);

        assertThat(file.values()).containsExactly(7, 9);
        assertThatThrownBy(() -> read(new byte[] {0, 0, 8, 1, 0, 0}, 1))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("ends too early");
        assertThatThrownBy(() -> read(new byte[0], 1)).hasMessageContaining("ends too early");
    }

    @Test
    void findsAFileByEitherSpelling(@TempDir Path folder) throws IOException {
        LabelledImages images = LabelledImages.of(new ImageShape(1, 1, 1), new byte[4], new byte[] {0, 1, 2, 9});
        for (String part : List.of("train", "t10k")) {
            ByteArrayOutputStream pixels = new ByteArrayOutputStream();
            ByteArrayOutputStream labels = new ByteArrayOutputStream();
            IdxSet.write(images, pixels, labels);
            Files.write(folder.resolve(part + "-images-idx3-ubyte.gz"), pixels.toByteArray());
            Files.write(folder.resolve(part + "-labels.idx1-ubyte"), unzipped(labels.toByteArray()));
        }

        Dataset data = DatasetSpec.parse("mnist:" + folder).load();

        assertThat(data.test().label(3)).isEqualTo(9);
        assertThat(data.train().size()).isEqualTo(3);
        assertThat(data.classes()).hasSize(10);
    }

    @Test
    void refusesAnotherRank() throws IOException {
        byte[] labels = written(new int[] {3}, new byte[3]);

        assertThatThrownBy(() -> read(labels, 3))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("magic 0x00000801")
                .hasMessageContaining("expected: 0x00000803");
    }

    @Test
    void refusesLessOrMoreDataThanTheHeaderSays() throws IOException {
        byte[] less = gzipped(new byte[] {0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3});
        byte[] more = gzipped(new byte[] {0, 0, 8, 1, 0, 0, 0, 2, 1, 2, 3});

        assertThatThrownBy(() -> read(less, 1)).hasMessageContaining("3 bytes of data (expected: 4");
        assertThatThrownBy(() -> read(more, 1)).hasMessageContaining("more bytes of data (expected: 2");
    }

    @Test
    void refusesAHugeDimensionBeforeTakingMemoryForIt() throws IOException {
        byte[] huge = gzipped(new byte[] {0, 0, 8, 2, 0x7f, 0, 0, 0, 0x7f, 0, 0, 0});

        assertThatThrownBy(() -> read(huge, 2))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("dimensions");
    }

    @Test
    void refusesAFileThatIsCutShortOrNotGzipped() throws IOException {
        byte[] whole = written(new int[] {100}, new byte[100]);

        assertThatThrownBy(() -> read(Arrays.copyOf(whole, whole.length - 12), 1))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("expected: a whole IDX file");
        assertThatThrownBy(() -> read(new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 5, 0, 0}, 1))
                .isInstanceOf(DatasetException.class);
    }

    @Test
    void refusesLabelsThatDoNotFitTheImages() throws IOException {
        byte[] images = written(new int[] {2, 2, 2}, new byte[8]);

        assertThatThrownBy(() -> pair(images, written(new int[] {3}, new byte[3])))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("3 labels (expected: 2");
        assertThatThrownBy(() -> pair(images, written(new int[] {2}, new byte[] {1, 10})))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("label 10 (expected: 0 to 9)");
    }

    private static LabelledImages pair(byte[] images, byte[] labels) throws IOException {
        return IdxSet.FASHION_MNIST.read(
                new ByteArrayInputStream(images), "images", new ByteArrayInputStream(labels), "labels");
    }

    private static IdxFile read(byte[] bytes, int rank) throws IOException {
        return IdxFile.read(new ByteArrayInputStream(bytes), "file", rank);
    }

    private static byte[] written(int[] dimensions, byte[] values) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new IdxFile(dimensions, values).write(out);
        return out.toByteArray();
    }

    private static byte[] unzipped(byte[] gzipped) throws IOException {
        return new GZIPInputStream(new ByteArrayInputStream(gzipped)).readAllBytes();
    }

    private static byte[] gzipped(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }
}
