package dev.millrace.trainer.coco;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.trainer.TurnedPicture;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Frame;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CocoPictureTest {
    private static final TrueBox OBJECT = new TrueBox(1, 2, 1, 5, 3, 12, true);

    private static CocoPicture annotated(int width, int height) {
        return new CocoPicture(Path.of("a.jpg"), width, height, List.of(OBJECT));
    }

    private static Frame frame(int width, int height, int orientation) throws Exception {
        BufferedImage stored = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        return EncodedImage.png(TurnedPicture.png(stored, orientation)).frame();
    }

    @Test
    void whatIsAnnotatedAsItIsShownStaysWhereItIs() throws Exception {
        assertThat(annotated(20, 10).upright(frame(20, 10, 1))).isEqualTo(annotated(20, 10));
        assertThat(annotated(20, 10).upright(frame(10, 20, 6))).isEqualTo(annotated(20, 10));
    }

    /** Exif (CIPA DC-008, 4.6.4): where row 0 and column 0 of what is stored are on the upright picture. */
    @ParameterizedTest
    @CsvSource({
        // Row 0 is the left side, column 0 the top.
        "5, 1, 2",
        // The right side, the top.
        "6, 6, 2",
        // The right side, the bottom.
        "7, 6, 13",
        // The left side, the bottom.
        "8, 1, 13"
    })
    void whatIsAnnotatedAsItIsStoredIsTurnedWithThePicture(int orientation, double x, double y) throws Exception {
        assertThat(annotated(20, 10).upright(frame(20, 10, orientation)))
                .isEqualTo(new CocoPicture(Path.of("a.jpg"), 10, 20, List.of(new TrueBox(1, x, y, 3, 5, 12, true))));
    }

    @ParameterizedTest
    @CsvSource({"10, 10, 6", "20, 10, 3", "20, 10, 2"})
    void aSizeThatIsThatOfBothIsRefused(int width, int height, int orientation) {
        assertThatExceptionOfType(CocoException.class)
                .isThrownBy(() -> annotated(width, height).upright(frame(width, height, orientation)))
                .withMessageStartingWith(
                        "a.jpg: %dx%d, turned or mirrored by its Exif orientation (expected: a size that tells whether"
                                .formatted(width, height));
    }

    @Test
    void aSizeThatIsNeithersIsRefused() {
        assertThatExceptionOfType(CocoException.class)
                .isThrownBy(() -> annotated(21, 10).upright(frame(20, 10, 6)))
                .withMessage("a.jpg: 10x20, stored as 20x10 (expected: 21x10, as the annotations say)");
    }
}
