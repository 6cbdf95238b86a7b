package dev.millrace.producer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.millrace.producer.OutgoingImage;
import dev.millrace.schemas.ImageEncoding;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceResolversTest {
    @TempDir
    Path folder;

    private final SourceResolvers resolvers = new SourceResolvers(List.of());

    @Test
    void readsOneFileByItsContentWhateverItsName() throws Exception {
        Path file = image("png", "boot.dat");

        ImageSource source = resolvers.resolve(file.toString());
        OutgoingImage image = source.iterator().next().read();

        assertThat(source.size()).hasValue(1);
        assertThat(image.encoding()).isEqualTo(ImageEncoding.PNG);
        assertThat(image.bytes().remaining()).isEqualTo((int) Files.size(file));
    }

    @Test
    void readsAFolderAtAnyDepthInSortedOrder() throws Exception {
        Files.createDirectories(folder.resolve("b"));
        image("jpeg", "b/2.JPG");
        image("png", "b/1.png");
        image("jpeg", "a.jpeg");
        Files.writeString(folder.resolve("notes.txt"), "no image");

        ImageSource source = resolvers.resolve(folder.toString());

        assertThat(source.size()).hasValue(3);
        assertThat(source)
                .extracting(SourceImage::name)
                .containsExactly(
                        folder.resolve("a.jpeg").toString(),
                        folder.resolve("b/1.png").toString(),
                        folder.resolve("b/2.JPG").toString());
        assertThat(source)
                .extracting(image -> image.read().encoding())
                .containsExactly(ImageEncoding.JPEG, ImageEncoding.PNG, ImageEncoding.JPEG);
        assertThat(source).allMatch(image -> image.label().isEmpty());
    }

    @Test
    void saysWhichFileIsNoImage() throws Exception {
        Path text = Files.writeString(folder.resolve("text.png"), "not a PNG");
        Path empty = Files.createFile(folder.resolve("empty.jpg"));

        for (Path file : List.of(text, empty)) {
            SourceImage image = resolvers.resolve(file.toString()).iterator().next();
            assertThatIOException()
                    .isThrownBy(image::read)
                    .withMessage(file + ": not an image (expected: a PNG or JPEG file)");
        }
    }

    @Test
    void saysWhichFileWentAwayAfterTheFolderWasListed() throws Exception {
        Path file = image("png", "gone.png");
        ImageSource source = resolvers.resolve(folder.toString());
        Files.delete(file);

        SourceImage image = source.iterator().next();

        assertThatIOException().isThrownBy(image::read).withMessageStartingWith(file + ": no such file");
    }

    @Test
    void saysWhatItExpectsInsteadOfAnUnknownSource() {
        SourceResolvers withDigits = new SourceResolvers(List.of(new Digits()));

        assertThatIOException()
                .isThrownBy(() -> withDigits.resolve(folder + "/absent"))
                .withMessage(
                        folder + "/absent: no such source (expected: digits, a PNG or JPEG file, a folder of them)");
        assertThatIOException()
                .isThrownBy(() -> withDigits.resolve(folder.toString()))
                .withMessage(folder + ": no images (expected: .png, .jpg or .jpeg files)");
    }

    @Test
    void asksTheApplicationsResolversFirst() throws Exception {
        ImageSource source = new SourceResolvers(List.of(new Digits())).resolve("digits");

        assertThat(source.name()).isEqualTo("digits");
        assertThat(source.iterator().next().label()).hasValue(3);
    }

    private Path image(String format, String name) throws IOException {
        Path file = folder.resolve(name);
        assertThat(ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), format, file.toFile()))
                .isTrue();
        return file;
    }

    /** A data set of one labelled image. */
    private static final class Digits implements SourceResolver {
        private record Digit(int value) implements SourceImage {
            @Override
            public String name() {
                return "digit " + value;
            }

            @Override
            public OptionalInt label() {
                return OptionalInt.of(value);
            }

            @Override
            public OutgoingImage read() {
                return OutgoingImage.raw(new byte[] {(byte) value}, 1, 1, 1);
            }
        }

        @Override
        public String forms() {
            return "digits";
        }

        @Override
        public Optional<ImageSource> resolve(String spec) {
            return spec.equals("digits") ? Optional.of(new DigitSource()) : Optional.empty();
        }

        private static final class DigitSource implements ImageSource {
            @Override
            public String name() {
                return "digits";
            }

            @Override
            public OptionalLong size() {
                return OptionalLong.of(1);
            }

            @Override
            public java.util.Iterator<SourceImage> iterator() {
                return List.<SourceImage>of(new Digit(3)).iterator();
            }
        }
    }
}
