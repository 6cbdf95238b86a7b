package dev.millrace.schemas.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.schemas.LabelMap;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class MapDrawingTest {
    private static final List<String> LABELS = List.of("nothing", "road", "sky");

    @Test
    void coloursEachPixelByItsClassAndLeavesWhatIsNothing() throws Exception {
        BufferedImage grey = new BufferedImage(400, 400, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 160_000; i++) {
            grey.setRGB(i % 400, i / 400, 0x808080);
        }
        // Halves: above nothing, below road on the left and sky on the right.
        BufferedImage drawn = MapDrawing.draw(grey, map(2, 2, 0, 0, 1, 2));

        assertThat(drawn.getRGB(390, 150) & 0xFFFFFF).isEqualTo(0x808080);
        int road = drawn.getRGB(100, 300) & 0xFFFFFF;
        int sky = drawn.getRGB(300, 300) & 0xFFFFFF;
        assertThat(road).isNotEqualTo(0x808080).isNotEqualTo(sky);
        assertThat(drawn.getRGB(5, 395) & 0xFFFFFF).isEqualTo(road);
        assertThat(sky).isNotEqualTo(0x808080);
        assertThat(drawn.getRGB(1, 1) & 0xFFFFFF).as("names").isNotEqualTo(0x808080);
    }

    @Test
    void aClassHasItsHueWhateverThePicturesIs() throws Exception {
        BufferedImage coloured = new BufferedImage(400, 400, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 160_000; i++) {
            coloured.setRGB(i % 400, i / 400, i % 400 < 300 ? 0xFF0000 : 0x0000FF);
        }

        BufferedImage drawn = MapDrawing.draw(coloured, map(1, 1, 2));

        float hue = hue(ClassColours.of(2));
        assertThat(hue(new Color(drawn.getRGB(100, 300)))).isCloseTo(hue, within(0.01f));
        assertThat(hue(new Color(drawn.getRGB(350, 300)))).isCloseTo(hue, within(0.01f));
    }

    private static float hue(Color colour) {
        return Color.RGBtoHSB(colour.getRed(), colour.getGreen(), colour.getBlue(), null)[0];
    }

    @Test
    void enlargesASmallPictureSoThatNamesDoNotCoverIt() throws Exception {
        BufferedImage drawn =
                MapDrawing.draw(new BufferedImage(8, 4, BufferedImage.TYPE_INT_RGB), map(2, 2, 0, 0, 1, 2));

        assertThat(drawn.getWidth()).isEqualTo(640);
        assertThat(drawn.getHeight()).isEqualTo(320);
        assertThat(drawn.getRGB(600, 100) & 0xFFFFFF).as("nothing").isZero();
        assertThat(drawn.getRGB(310, 310)).isNotEqualTo(drawn.getRGB(330, 310));
    }

    @Test
    void refusesWhatIsNoMap() throws Exception {
        BufferedImage picture = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
        LabelMap cut = map(2, 2, 0, 0, 1, 2);
        cut.setPng(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        LabelMap other = map(2, 2, 0, 0, 1, 2);
        other.setWidth(3);
        for (LabelMap map : List.of(cut, other)) {
            assertThatIOException()
                    .isThrownBy(() -> MapDrawing.draw(picture, map))
                    .withMessageContaining("(expected: a grey PNG of " + map.getWidth() + "x2)");
        }
    }

    private static LabelMap map(int width, int height, int... classes) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setPixels(0, 0, width, height, classes);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, "png", png)).isTrue();
        return new LabelMap(width, height, LABELS, ByteBuffer.wrap(png.toByteArray()));
    }
}
