package dev.millrace.schemas.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.DetectedBox;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoxDrawingTest {
    private static final int GREY = 0xFF808080;

    private static BufferedImage grey(int width, int height) {
        BufferedImage picture = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        IntStream.range(0, width * height).forEach(i -> picture.setRGB(i % width, i / width, GREY));
        return picture;
    }

    private static DetectedBox box(int index, float x, float y, float width, float height) {
        return new DetectedBox(index, "thing " + index, 0.876f, x, y, width, height);
    }

    @Test
    void framesABoxAndLeavesTheRestAsItWas() {
        BufferedImage source = grey(640, 480);

        BufferedImage drawn = BoxDrawing.draw(source, List.of(box(0, 200, 200, 100, 80)));

        assertThat(drawn.getWidth()).isEqualTo(640);
        assertThat(drawn.getHeight()).isEqualTo(480);
        for (int[] at : new int[][] {{200, 240}, {300, 240}, {250, 200}, {250, 280}}) {
            assertThat(drawn.getRGB(at[0], at[1])).as("%d,%d", at[0], at[1]).isNotEqualTo(GREY);
        }
        assertThat(drawn.getRGB(250, 240)).isEqualTo(GREY);
        assertThat(drawn.getRGB(400, 240)).isEqualTo(GREY);
        assertThat(source.getRGB(200, 240)).isEqualTo(GREY);
    }

    @Test
    void givesEachClassItsColour() {
        int first = BoxDrawing.draw(grey(640, 480), List.of(box(0, 200, 200, 100, 80)))
                .getRGB(300, 240);
        int again = BoxDrawing.draw(grey(640, 480), List.of(box(3, 9, 9, 20, 20), box(0, 200, 200, 100, 80)))
                .getRGB(300, 240);
        assertThat(again).isEqualTo(first);
        assertThat(IntStream.range(0, 80)
                        .map(index -> BoxDrawing.draw(grey(320, 320), List.of(box(index, 100, 100, 90, 90)))
                                .getRGB(190, 150))
                        .distinct())
                .hasSize(80);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 100, 319})
    void enlargesSmallPicturesSoThatNamesCanBeRead(int side) {
        BufferedImage drawn = BoxDrawing.draw(grey(side, side), List.of(box(0, 0, 0, side, side)));
        assertThat(drawn.getWidth()).isGreaterThanOrEqualTo(320).isEqualTo(drawn.getHeight());
        assertThat(drawn.getWidth() % side).isZero();
    }

    @Test
    void drawsBoxesAtEveryEdgeAndMoreOfThemThanThereIsRoomForNames() {
        List<DetectedBox> crowd = IntStream.range(0, 300)
                .mapToObj(i -> box(i, i % 20 * 16, i / 20 * 16, 16, 16))
                .toList();
        BufferedImage drawn = BoxDrawing.draw(grey(320, 320), crowd);
        assertThat(drawn.getRGB(0, 5)).isNotEqualTo(GREY);
        assertThat(drawn.getWidth()).isEqualTo(320);
    }
}
