package dev.millrace.worker.decode;

import static dev.millrace.worker.decode.Images.RGB_6X5;
import static dev.millrace.worker.decode.Images.buffered;
import static dev.millrace.worker.decode.Images.decode;
import static dev.millrace.worker.decode.Images.decoder;
import static dev.millrace.worker.decode.Images.noise;
import static dev.millrace.worker.decode.Images.written;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DamagedImageTest {

    private static final int ROUNDS = 3_000;

    @ParameterizedTest
    @EnumSource(
            value = Encoding.class,
            names = {"PNG", "JPEG"})
    void anyDamageIsEitherDecodedOrRejectedAndTheNextImageIsUnharmed(Encoding encoding) throws Exception {
        byte[] sound = written(encoding.name(), buffered(6, 5, 3, noise(11, 90)));
        ImageDecoder decoder = decoder(RGB_6X5);
        byte[] pixels = decode(decoder, RGB_6X5, image(encoding, sound));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int rejected = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] damaged = damage(sound, random);
            try {
                decode(decoder, RGB_6X5, image(encoding, damaged));
            } catch (ImageRejectedException e) {
                rejected++;
                assertThat(e.getMessage()).contains("(expected: ");
            } catch (RuntimeException | Error e) {
                fail("seed %d, round %d".formatted(seed, round), e);
            }
            if (round % 100 == 0) {
                assertThat(decode(decoder, RGB_6X5, image(encoding, sound)))
                        .as("seed %d, round %d", seed, round)
                        .isEqualTo(pixels);
            }
        }
        assertThat(rejected).as("rejected, seed %d", seed).isGreaterThan(ROUNDS / 10);
    }

    private static byte[] damage(byte[] sound, Random random) {
        byte[] damaged = sound.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        return damaged;
    }

    private static EncodedImage image(Encoding encoding, byte[] bytes) {
        return encoding == Encoding.PNG ? EncodedImage.png(bytes) : EncodedImage.jpeg(bytes);
    }
}
