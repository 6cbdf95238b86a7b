package dev.millrace.producer.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SourceLabelsTest {
    private final SourceLabels labels = new SourceLabels("letters", List.of("a", "b"));

    @Test
    void knowsWhatTheRequestsShowThatItHasNamed() {
        assertThat(labels.of(labels.requestId(1))).isEqualTo("b");
        assertThat(labels.requestId(1)).startsWith("letters/1/").isNotEqualTo(labels.requestId(1));
    }

    @Test
    void knowsNothingOfOthers() {
        assertThat(labels.of(new SourceLabels("digits", List.of("0")).requestId(0)))
                .isNull();
        assertThat(labels.of(labels.requestId(2))).as("beyond the last image").isNull();
        assertThat(labels.of("letters/0")).isNull();
        assertThat(labels.of("0198c7f2-77aa")).isNull();
    }
}
