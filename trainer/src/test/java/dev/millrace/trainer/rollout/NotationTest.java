package dev.millrace.trainer.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NotationTest {
    @ParameterizedTest
    @ValueSource(strings = {"0", "250ms", "1500ms", "30s", "90s", "2m", "90m", "1h", "24h"})
    void writesTimesAsItReadsThem(String text) {
        assertThat(Notation.text(Notation.time(text))).isEqualTo(text);
    }

    @Test
    void takesTheLargestUnitThatSaysATimeWhole() {
        assertThat(Notation.text(Duration.ofHours(2))).isEqualTo("2h");
        assertThat(Notation.text(Duration.ofMinutes(1))).isEqualTo("1m");
    }

    @Test
    void readsShares() {
        assertThat(Notation.share("10%")).isEqualTo(1_000);
        assertThat(Notation.share("0.05%")).isEqualTo(5);
        assertThatThrownBy(() -> Notation.share("0.001%")).hasMessageContaining("0.001% (expected: a share such as");
        assertThatThrownBy(() -> Notation.share("101%")).hasMessageContaining("101% (expected: a share such as");
    }
}
