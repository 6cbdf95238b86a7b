package dev.millrace.trainer.dataset;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarTest {
    private static final int RECORD = 3074;

    @TempDir
    private Path folder = Path.of("");

    private Path nested = folder;

    @BeforeEach
    void writeAFolderOfTwentyAndThreeRecords() throws IOException {
        nested = Files.createDirectories(folder.resolve("cifar-100-binary"));
        Files.write(nested.resolve("train.bin"), records(20));
        Files.write(nested.resolve("test.bin"), records(3));
        Files.writeString(nested.resolve("fine_label_names.txt"), "apple\nboat\ncloud\n\n");
    }

    @Test
    void readsAnyNumberOfRecordsAndInterleavesTheColours() throws IOException {
        Dataset data = DatasetSpec.parse("cifar100:" + folder).load();

        assertThat(data.classes()).containsExactly("apple", "boat", "cloud");
        assertThat(data.train().size() + data.validation().size()).isEqualTo(20);
        assertThat(data.test().size()).isEqualTo(3);
        assertThat(data.test().label(2)).isEqualTo(2);
        byte[] image = data.test().image(1);
        assertThat(Arrays.copyOf(image, 6)).containsExactly(10, 20, 30, 11, 21, 31);
    }

    @Test
    void readsTheArchiveLikeTheFolder() throws IOException {
        Path archive = folder.resolve("cifar.tar.gz");
        Files.write(archive, tarGz());

        Dataset fromArchive = DatasetSpec.parse("cifar100:" + archive).load();
        Dataset fromFolder = DatasetSpec.parse("cifar100:" + folder).load();

        assertThat(fromArchive.sha256()).isEqualTo(fromFolder.sha256());
        assertThat(fromArchive.test().sha256()).isEqualTo(fromFolder.test().sha256());
    }

    @Test
    void findsTheArchiveInAFolder() throws IOException {
        Path other = Files.createDirectories(folder.resolve("other"));
        Files.write(other.resolve("cifar-100-binary.tar.gz"), tarGz());

        assertThat(DatasetSpec.parse("cifar100:" + other).load().test().size()).isEqualTo(3);
    }

    @Test
    void readsTheBatchesOfCifar10ThatAreThere() throws IOException {
        Path ten = Files.createDirectories(folder.resolve("cifar-10-batches-bin"));
        Files.write(ten.resolve("data_batch_1.bin"), shortRecords(4));
        Files.write(ten.resolve("data_batch_3.bin"), shortRecords(6));
        Files.write(ten.resolve("test_batch.bin"), shortRecords(2));
        Files.writeString(ten.resolve("batches.meta.txt"), "airplane\nautomobile\nbird\n");

        Dataset data = DatasetSpec.parse("cifar10:" + folder).load();

        assertThat(data.classes()).containsExactly("airplane", "automobile", "bird");
        assertThat(data.train().size() + data.validation().size()).isEqualTo(10);
        assertThat(data.test().label(1)).isEqualTo(1);
        assertThat(Arrays.copyOf(data.test().image(1), 6)).containsExactly(10, 20, 30, 11, 21, 31);
        Files.delete(ten.resolve("data_batch_1.bin"));
        Files.delete(ten.resolve("data_batch_3.bin"));
        assertThatThrownBy(() -> DatasetSpec.parse("cifar10:" + folder).load())
                .hasMessageContaining("no data_batch_1.bin in it (expected: the binary version of cifar10");
    }

    @Test
    void refusesAnEmptyFile() throws IOException {
        Files.write(nested.resolve("train.bin"), new byte[0]);

        assertThatThrownBy(() -> DatasetSpec.parse("cifar100:" + folder).load())
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("0 bytes of train.bin");
    }

    @Test
    void refusesAnArchiveWithADamagedByte() throws IOException {
        byte[] bytes = tarGz();
        // The CRC-32 of the content: only who reads to the very end sees it.
        bytes[bytes.length - 8] ^= 1;
        Path archive = folder.resolve("damaged.tar.gz");
        Files.write(archive, bytes);

        assertThatThrownBy(() -> DatasetSpec.parse("cifar100:" + archive).load())
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("damaged.tar.gz: ")
                .hasMessageContaining("expected: a sound .tar.gz archive");
    }

    @Test
    void refusesAHalfRecord() throws IOException {
        Files.write(nested.resolve("test.bin"), new byte[RECORD + 7]);

        assertThatThrownBy(() -> DatasetSpec.parse("cifar100:" + folder).load())
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("3081 bytes of test.bin (expected: a multiple of 3074");
    }

    @Test
    void refusesALabelWithoutAName() throws IOException {
        Files.writeString(nested.resolve("fine_label_names.txt"), "apple\nboat\n");

        assertThatThrownBy(() -> DatasetSpec.parse("cifar100:" + folder).load())
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("label 2 in record 2 of train.bin (expected: 0 to 1");
    }

    @Test
    void namesTheFileThatIsMissing() throws IOException {
        Files.delete(nested.resolve("train.bin"));

        assertThatThrownBy(() -> DatasetSpec.parse("cifar100:" + folder).load())
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("no train.bin");
        assertThatThrownBy(() -> DatasetSpec.parse("cifar100:" + folder.resolve("absent"))
                        .load())
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("no such file or folder");
    }

    @Test
    void refusesAnArchiveThatIsCutShort() throws IOException {
        byte[] whole = tarGz();
        Path archive = folder.resolve("short.tar.gz");
        Files.write(archive, Arrays.copyOf(whole, whole.length / 2));

        assertThatThrownBy(() -> DatasetSpec.parse("cifar100:" + archive).load())
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("short.tar.gz");
    }

    /** Record i: fine label i % 3; planes that start at 10 i, 10 i + 10, 10 i + 20 and count up. */
    private static byte[] records(int count) {
        byte[] bytes = new byte[count * RECORD];
        for (int i = 0; i < count; i++) {
            bytes[i * RECORD + 1] = (byte) (i % 3);
            for (int c = 0; c < 3; c++) {
                for (int p = 0; p < 1024; p++) {
                    bytes[i * RECORD + 2 + c * 1024 + p] = (byte) (10 * i + 10 * c + p);
                }
            }
        }
        return bytes;
    }

    /** The same with one byte of label, as CIFAR-10 has it. */
    private static byte[] shortRecords(int count) {
        byte[] bytes = new byte[count * (RECORD - 1)];
        for (int i = 0; i < count; i++) {
            System.arraycopy(records(count), i * RECORD + 1, bytes, i * (RECORD - 1), RECORD - 1);
        }
        return bytes;
    }

    private byte[] tarGz() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            entry(gzip, "cifar-100-binary/", '5', new byte[0]);
            for (Map.Entry<String, byte[]> file : Map.of(
                            "train.bin", records(20),
                            "test.bin", records(3),
                            "coarse_label_names.txt", "fruit\n".getBytes(US_ASCII),
                            "fine_label_names.txt", "apple\nboat\ncloud\n".getBytes(US_ASCII))
                    .entrySet()) {
                entry(gzip, "cifar-100-binary/" + file.getKey(), '0', file.getValue());
            }
            gzip.write(new byte[1024]);
        }
        return out.toByteArray();
    }

    private static void entry(OutputStream out, String name, char type, byte[] content) throws IOException {
        byte[] header = new byte[512];
        System.arraycopy(name.getBytes(US_ASCII), 0, header, 0, name.length());
        System.arraycopy(String.format("%011o", content.length).getBytes(US_ASCII), 0, header, 124, 11);
        header[156] = (byte) type;
        out.write(header);
        out.write(content);
        out.write(new byte[(512 - content.length % 512) % 512]);
    }
}
