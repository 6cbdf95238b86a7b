package dev.millrace.trainer.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestHashTest {
    @Test
    void isTheBeginningOfSha256() {
        assertThat(RequestHash.of("abc")).isEqualTo(new RequestHash(0xba7816bf8f01cfeaL, 0x414140de5dae2223L));
    }

    @Test
    void isInAShareAsOftenAsItSaysAndInEveryLargerOne() {
        for (double share : new double[] {0, 0.01, 0.2, 0.5, 1}) {
            long in = IntStream.range(0, 10_000)
                    .filter(i -> RequestHash.of("request " + i).isIn(share))
                    .count();
            assertThat(in / 10_000.0).isBetween(share - 0.02, share + 0.02);
        }
        assertThat(IntStream.range(0, 10_000).mapToObj(i -> RequestHash.of("request " + i)))
                .allMatch(hash -> !hash.isIn(0.2) || hash.isIn(0.21));
    }
}
