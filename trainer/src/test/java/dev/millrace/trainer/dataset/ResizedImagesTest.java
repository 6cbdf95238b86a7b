package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ResizedImagesTest {
    @Test
    void enlargesLinearlyBetweenPixelCentres() {
        LabelledImages row = images(new ImageShape(1, 2, 1), 0, 100);

        assertThat(unsigned(row.resized(new ImageShape(1, 4, 1)))).containsExactly(0, 25, 75, 100);
        assertThat(unsigned(row.resized(new ImageShape(2, 3, 1)))).containsExactly(0, 50, 100, 0, 50, 100);
    }

    @Test
    void enlargesBothWaysAsPyTorchDoes() {
        LabelledImages square = images(new ImageShape(2, 2, 1), 0, 64, 128, 255);

        // torch.nn.functional.interpolate of the same, size (3, 3), bilinear, align_corners=False, rounded.
        assertThat(unsigned(square.resized(new ImageShape(3, 3, 1))))
                .containsExactly(0, 32, 64, 64, 112, 160, 128, 192, 255);
    }

    @Test
    void shrinksToTheMeanOfTheAreaThatAPixelCovers() {
        assertThat(unsigned(images(new ImageShape(2, 4, 1), 0, 10, 20, 30, 40, 50, 60, 70)
                        .resized(new ImageShape(1, 2, 1))))
                .containsExactly(25, 45);
        // Each new pixel covers one and a half: (0 + 60 / 2) / 1.5 and (60 / 2 + 90) / 1.5.
        assertThat(unsigned(images(new ImageShape(1, 3, 1), 0, 60, 90).resized(new ImageShape(1, 2, 1))))
                .containsExactly(20, 80);
    }

    @Test
    void growsOneWayWhileItShrinksTheOther() {
        LabelledImages tall = images(new ImageShape(4, 1, 1), 0, 20, 100, 200);

        assertThat(unsigned(tall.resized(new ImageShape(2, 2, 1)))).containsExactly(10, 10, 150, 150);
    }

    @Test
    void keepsColoursApart() {
        LabelledImages colours = images(new ImageShape(1, 2, 3), 0, 100, 255, 100, 100, 255);

        assertThat(unsigned(colours.resized(new ImageShape(1, 1, 3)))).containsExactly(50, 100, 255);
    }

    @Test
    void turnsGreyIntoRgbAndRgbIntoItsLuma() {
        assertThat(unsigned(images(new ImageShape(1, 2, 1), 7, 9).resized(new ImageShape(1, 2, 3))))
                .containsExactly(7, 7, 7, 9, 9, 9);
        assertThat(unsigned(images(new ImageShape(1, 3, 3), 255, 0, 0, 0, 255, 0, 0, 0, 255)
                        .resized(new ImageShape(1, 3, 1))))
                .containsExactly(76, 150, 29);
    }

    @Test
    void leavesABlankImageBlankAtEverySize() {
        LabelledImages blank = images(new ImageShape(7, 5, 1), new int[35]);
        int[] white = new int[35];
        Arrays.fill(white, 255);
        LabelledImages bright = images(new ImageShape(7, 5, 1), white);

        for (int size = 1; size < 20; size++) {
            ImageShape shape = new ImageShape(size, 21 - size, 3);
            assertThat(unsigned(blank.resized(shape))).containsOnly(0);
            assertThat(unsigned(bright.resized(shape))).containsOnly(255);
        }
    }

    @Test
    void givesTheSamePixelsByEveryWayOfReading() {
        LabelledImages images = random(3, new ImageShape(9, 7, 3)).resized(new ImageShape(4, 8, 3));
        byte[] copied = new byte[5 + images.shape().bytes()];
        ByteBuffer planes = ByteBuffer.allocate(images.shape().bytes());

        images.copy(2, copied, 5);
        images.putPlanes(2, planes);

        assertThat(Arrays.copyOfRange(copied, 5, copied.length)).isEqualTo(images.image(2));
        for (int p = 0; p < 32; p++) {
            for (int c = 0; c < 3; c++) {
                assertThat(planes.get(c * 32 + p)).isEqualTo(images.image(2)[p * 3 + c]);
            }
        }
        double sum = 0;
        for (int i = 0; i < 3; i++) {
            sum += Arrays.stream(unsigned(images.select(new int[] {i})))
                    .average()
                    .orElseThrow();
        }
        assertThat(images.meanPixel()).isCloseTo(sum / 3, within(1e-9));
    }

    @Test
    void keepsIdsLabelsAndOrderAndTellsShapesApartByHash() {
        LabelledImages images = random(20, new ImageShape(4, 4, 1));
        ImageShape wanted = new ImageShape(5, 5, 1);
        LabelledImages resized = images.shuffled(3).resized(wanted).first(7);

        for (int i = 0; i < 7; i++) {
            assertThat(resized.id(i)).isEqualTo(images.shuffled(3).id(i));
            assertThat(resized.label(i)).isEqualTo(images.shuffled(3).label(i));
            assertThat(resized.image(i)).isEqualTo(images.resized(wanted).image(resized.id(i)));
        }
        assertThat(images.resized(images.shape())).isSameAs(images);
        assertThat(images.resized(wanted).sha256())
                .isEqualTo(images.resized(wanted).sha256())
                .isNotEqualTo(images.sha256());
    }

    @Test
    void holdsMoreClassesThanAByte() {
        int[] labels = new int[1000];
        Arrays.setAll(labels, i -> i);
        LabelledImages images = LabelledImages.of(new PixelArray(new ImageShape(1, 1, 1), new byte[1000]), labels);
        int[] others = labels.clone();
        others[999] = 999 - 256;

        assertThat(images.label(999)).isEqualTo(999);
        assertThat(images.sha256())
                .isNotEqualTo(LabelledImages.of(new PixelArray(new ImageShape(1, 1, 1), new byte[1000]), others)
                        .sha256());
    }

    private static LabelledImages images(ImageShape shape, int... values) {
        byte[] pixels = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            pixels[i] = (byte) values[i];
        }
        return LabelledImages.of(shape, pixels, new byte[1]);
    }

    private static LabelledImages random(int count, ImageShape shape) {
        long seed = 11;
        System.out.println("seed of the random images: " + seed);
        Random random = new Random(seed);
        byte[] pixels = new byte[count * shape.bytes()];
        byte[] labels = new byte[count];
        random.nextBytes(pixels);
        random.nextBytes(labels);
        return LabelledImages.of(shape, pixels, labels);
    }

    private static int[] unsigned(LabelledImages images) {
        byte[] image = images.image(0);
        int[] values = new int[image.length];
        Arrays.setAll(values, i -> Byte.toUnsignedInt(image[i]));
        return values;
    }
}
