package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
    private static final WantedShape SMALL = WantedShape.exactly(new ImageShape(4, 4, 3));

    @TempDir
    private Path root = Path.of("");

    @Test
    void takesClassesInTheOrderOfTheirNamesAndHoldsOutTheSamePicturesEveryTime() throws IOException {
        for (int i = 0; i < 20; i++) {
            Pictures.write(root.resolve("dog/%d.png".formatted(i)), 4, 4, 2 * i, 0, 1);
            Pictures.write(root.resolve("cat/deep/%d.JPG".formatted(i)), 4, 4, 2 * i, 0, 1);
        }
        Files.writeString(root.resolve("cat/notes.txt"), "no picture");
        Pictures.write(root.resolve("dog/.thumbnails/1.png"), 4, 4, 1, 2, 3);
        Pictures.write(root.resolve(".cache/1.png"), 4, 4, 1, 2, 3);

        Dataset data = load();
        Dataset again = load();

        assertThat(data.classes()).containsExactly("cat", "dog");
        assertThat(data.test().size()).isEqualTo(4);
        assertThat(data.validation().size()).isEqualTo(3);
        assertThat(data.train().size()).isEqualTo(33);
        Set<Integer> ids = new HashSet<>();
        for (LabelledImages part : List.of(data.train(), data.validation(), data.test())) {
            for (int i = 0; i < part.size(); i++) {
                assertThat(ids.add(part.id(i))).isTrue();
                assertThat(part.label(i)).isEqualTo(part.id(i) < 20 ? 0 : 1);
            }
        }
        assertThat(again.test().sha256()).isEqualTo(data.test().sha256());
        assertThat(again.validation().sha256()).isEqualTo(data.validation().sha256());
        assertThat(again.sha256()).isEqualTo(data.sha256());
    }

    @Test
    void takesThePartsThatAreThereAndHoldsOutTheOthers() throws IOException {
        picture("train/cat", 30);
        picture("train/dog", 30);
        picture("val/dog", 2);

        Dataset data = load();

        assertThat(data.train().size()).isEqualTo(54);
        assertThat(data.test().size()).isEqualTo(6);
        assertThat(data.validation().size()).isEqualTo(2);
        assertThat(data.validation().label(0)).isEqualTo(1);

        picture("test/cat", 3);
        assertThat(load().train().size()).isEqualTo(60);
        assertThat(load().test().size()).isEqualTo(3);
    }

    @Test
    void takesAClassCalledTrainForAClassBesideOthers() throws IOException {
        picture("train", 2);
        picture("boat", 2);

        assertThat(load().classes()).containsExactly("boat", "train");
    }

    @Test
    void bringsPicturesOfAnySizeToTheOneThatIsWanted() throws IOException {
        Pictures.write(root.resolve("a/grey.png"), 9, 3, 80, 80, 80);
        Pictures.write(root.resolve("a/large.jpg"), 300, 200, 10, 90, 200);
        Pictures.write(root.resolve("b/small.png"), 2, 1, 255, 0, 0);

        LabelledImages all = load().origin();

        assertThat(all.image(0)).hasSize(48).containsOnly(80);
        byte[] blue = all.image(1);
        for (int p = 0; p < 48; p += 3) {
            assertThat(Byte.toUnsignedInt(blue[p])).isBetween(7, 13);
            assertThat(Byte.toUnsignedInt(blue[p + 1])).isBetween(87, 93);
            assertThat(Byte.toUnsignedInt(blue[p + 2])).isBetween(197, 203);
        }
        assertThat(Arrays.copyOf(all.image(2), 6)).containsExactly(255, 0, 0, 255, 0, 0);
        LabelledImages grey = ImageFolder.load(root, WantedShape.exactly(new ImageShape(2, 2, 1)))
                .origin();
        assertThat(grey.image(2)).containsOnly(76);
    }

    @Test
    void takesTheirOwnSizeOrASquareInColourWhereOnePictureIs() throws IOException {
        Pictures.write(root.resolve("a/1.png"), 3, 2, 80, 80, 80);
        Pictures.write(root.resolve("b/2.png"), 3, 2, 80, 0, 80);

        assertThat(ImageFolder.load(root, WantedShape.OWN).shape()).isEqualTo(new ImageShape(2, 3, 3));
        assertThat(ImageFolder.load(root, WantedShape.square(7)).shape()).isEqualTo(new ImageShape(7, 7, 3));

        Pictures.write(root.resolve("b/3.png"), 3, 3, 80, 0, 80);
        assertThatThrownBy(() -> ImageFolder.load(root, WantedShape.OWN))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("3.png: 3x3 (expected: 3x2, the size of ")
                .hasMessageContaining("train --size N");
    }

    @Test
    void changesItsHashWithThePicturesAndWithTheWantedSize() throws IOException {
        picture("cat", 3);
        String before = load().sha256();
        String larger = ImageFolder.load(root, WantedShape.square(9)).sha256();
        Pictures.write(root.resolve("cat/1.png"), 4, 4, 200, 0, 0);

        assertThat(Set.of(before, larger, load().sha256())).hasSize(3);
    }

    @Test
    void namesThePictureThatCannotBeDecoded() throws IOException {
        picture("cat", 3);
        Path cut = root.resolve("cat/cut.png");
        Path text = Files.writeString(root.resolve("cat/text.jpg"), "no picture");
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(root.resolve("cat/1.png")), 50));
        LabelledImages all = load().origin();

        assertThatThrownBy(() -> all.image(3))
                .isInstanceOf(UnreadablePictureException.class)
                .hasMessageStartingWith(cut + ": cannot be read as a picture: ");
        assertThatThrownBy(all::meanPixel).isInstanceOf(UnreadablePictureException.class);
        assertThatThrownBy(() -> all.image(4)).hasMessageContaining("text.jpg").hasMessageContaining("neither PNG");
        assertThatThrownBy(() -> ImageFolder.load(root, WantedShape.OWN))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining("text.jpg: cannot be read as a picture: ");
        Files.delete(text);
        assertThatThrownBy(() -> all.image(4))
                .isInstanceOf(UnreadablePictureException.class)
                .hasMessageContaining("text.jpg");
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        assertRefused("absent", "no such folder");
        Files.createDirectories(root.resolve("empty"));
        assertRefused("empty", "empty: no folders in it");
        Files.createDirectories(root.resolve("hollow/cat"));
        Files.writeString(root.resolve("hollow/cat/readme.txt"), "no picture");
        assertRefused("hollow", "cat: no pictures in it (expected: files that end in .png");
        picture("parts/train/cat", 1);
        picture("parts/val/dog", 1);
        assertRefused("parts", "dog: a class of its own");
        Files.createDirectories(root.resolve("parts/validation"));
        assertRefused("parts", "val and validation");
        Files.createDirectories(root.resolve("bare/train"));
        assertRefused("bare", "train: no folders in it");
    }

    @Test
    void readsUnlabelledPicturesForCalibration() throws IOException {
        picture("day/one", 12);
        picture("night", 12);
        Dataset images = UnlabelledImages.load(root, SMALL);

        assertThat(images.isLabelled()).isFalse();
        assertThat(images.train().size()).isEqualTo(22);
        assertThat(images.validation().size()).isEqualTo(2);
        assertThat(images.train().label(0)).isEqualTo(-1);
        assertThat(images.train().sha256())
                .isEqualTo(UnlabelledImages.load(root, SMALL).train().sha256());
        assertThatThrownBy(() -> images.images(Split.TEST)).hasMessageContaining("test of images is empty");
        assertThatThrownBy(images::labelled).hasMessageContaining("images has no labels");
        assertThatThrownBy(() -> images.labelledAs(List.of("cat"))).hasMessageContaining("images has no labels");
    }

    @Test
    void keepsASinglePictureForTraining() throws IOException {
        picture("cat", 1);

        assertThat(UnlabelledImages.load(root, SMALL).train().size()).isEqualTo(1);
        assertThat(load().train().size()).isEqualTo(1);
        assertThatThrownBy(() -> UnlabelledImages.load(Files.createDirectories(root.resolve("none")), SMALL))
                .hasMessageContaining("no pictures in it");
        assertThatThrownBy(() -> UnlabelledImages.load(root.resolve("absent"), SMALL))
                .hasMessageContaining("no such folder");
    }

    private void assertRefused(String folder, String why) {
        assertThatThrownBy(() -> ImageFolder.load(root.resolve(folder), SMALL))
                .isInstanceOf(DatasetException.class)
                .hasMessageContaining(why);
    }

    private Dataset load() throws IOException {
        return ImageFolder.load(root, SMALL);
    }

    private void picture(String folder, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Pictures.write(root.resolve(folder).resolve(i + ".png"), 4, 4, i, 100, 7);
        }
    }
}
