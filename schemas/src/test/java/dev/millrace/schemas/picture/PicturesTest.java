package dev.millrace.schemas.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PicturesTest {
    @TempDir
    Path folder;

    private static BufferedImage picture() {
        return new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
    }

    @Test
    void oneImageGoesToTheFileThatWasNamed() throws Exception {
        Path out = folder.resolve("new/found.png");
        assertThat(new PictureOutput(out, false).write("photos/a.jpg", picture()))
                .isEqualTo(out);
        assertThat(ImageIO.read(out.toFile()).getWidth()).isEqualTo(40);
    }

    @Test
    void severalGoToAFolderUnderNamesOfTheirOwn() throws Exception {
        PictureOutput output = new PictureOutput(folder.resolve("found"), true);
        assertThat(output.write("x/a.jpg", picture())).isEqualTo(folder.resolve("found/a.png"));
        assertThat(output.write("y/a.png", picture())).isEqualTo(folder.resolve("found/a-2.png"));
        assertThat(output.write("bundled:set #7", picture())).isEqualTo(folder.resolve("found/bundled_set__7.png"));
        assertThat(new PictureOutput(folder, false).write("../b", picture())).isEqualTo(folder.resolve("b.png"));
    }

    /** Where the corner that is white in the file stands in the upright picture. */
    @ParameterizedTest
    @CsvSource({
        "1, 0, 0, 40", "2, 39, 0, 40", "3, 39, 19, 40", "4, 0, 19, 40",
        "5, 0, 0, 20", "6, 19, 0, 20", "7, 19, 39, 20", "8, 0, 39, 20"
    })
    void filesAreTurnedUpright(int tag, int x, int y, int width) throws Exception {
        BufferedImage stored = picture();
        for (int i = 0; i < 64; i++) {
            stored.setRGB(i % 8, i / 8, 0xFFFFFF);
        }
        BufferedImage upright = SourcePicture.encoded(ByteBuffer.wrap(withExif(jpeg(stored), tag)));
        assertThat(upright.getWidth()).isEqualTo(width);
        assertThat(upright.getRGB(x, y) & 0xFF).isGreaterThan(200);
        assertThat(upright.getRGB(upright.getWidth() / 2, upright.getHeight() / 2) & 0xFF)
                .isLessThan(50);
    }

    @Test
    void whatIsNoPictureIsRefused() {
        assertThatThrownBy(() -> SourcePicture.encoded(ByteBuffer.wrap("text".getBytes(StandardCharsets.UTF_8))))
                .isInstanceOf(IOException.class)
                .hasMessage("picture: not readable (expected: PNG or JPEG)");
    }

    @Test
    void rawPixelsAreReadInEitherOrder() {
        byte[] planes = {10, 20, 30, 40, 50, 60};
        BufferedImage planar = SourcePicture.raw(ByteBuffer.wrap(planes), 2, 1, 3, true);
        assertThat(planar.getRGB(1, 0)).isEqualTo(rgb(20, 40, 60));
        BufferedImage rows = SourcePicture.raw(ByteBuffer.wrap(planes), 2, 1, 3, false);
        assertThat(rows.getRGB(1, 0)).isEqualTo(rgb(40, 50, 60));
        BufferedImage grey = SourcePicture.raw(ByteBuffer.wrap(planes), 3, 2, 1, false);
        assertThat(grey.getRGB(0, 1)).isEqualTo(rgb(40, 40, 40));
    }

    @Test
    void countsAreToldTheMostFrequentFirst() {
        Map<String, Integer> counts = Map.of("car", 2, "person", 3, "traffic light", 2, "bus", 2);
        assertThat(CountLines.text(counts)).isEqualTo("person 3, bus 2, car 2, traffic light 2");
        assertThat(CountLines.of(counts, 22)).containsExactly("person 3, bus 2,", "car 2, traffic light 2");
        assertThat(CountLines.of(counts, 10))
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(10));
        assertThat(CountLines.text(Map.of())).isEqualTo("nothing");
    }

    private static int rgb(int red, int green, int blue) {
        return 0xFF000000 | (red << 16) | (green << 8) | blue;
    }

    private static byte[] jpeg(BufferedImage picture) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(picture, "jpg", out);
        return out.toByteArray();
    }

    /** After JFIF's own segment, as cameras have it not but editors do; little-endian. */
    private static byte[] withExif(byte[] jpeg, int tag) {
        byte[] exif = {
            (byte) 0xFF,
            (byte) 0xE1,
            0,
            34,
            'E',
            'x',
            'i',
            'f',
            0,
            0,
            'I',
            'I',
            42,
            0,
            8,
            0,
            0,
            0,
            1,
            0,
            0x12,
            1,
            3,
            0,
            1,
            0,
            0,
            0,
            (byte) tag,
            0,
            0,
            0,
            0,
            0,
            0,
            0
        };
        int at = 4 + ((jpeg[4] & 0xFF) << 8) + (jpeg[5] & 0xFF);
        ByteBuffer with = ByteBuffer.allocate(jpeg.length + exif.length);
        return with.put(jpeg, 0, at).put(exif).put(jpeg, at, jpeg.length - at).array();
    }
}
