package dev.millrace.trainer.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyTest {
    static Policy parsed(String text) throws IOException {
        Path file = Files.createTempFile("policy", ".yaml");
        try {
            return Policy.read(Files.writeString(file, text));
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void printsAFileThatMeansTheSame() throws Exception {
        assertThat(parsed(Policy.DEFAULT.text())).isEqualTo(Policy.DEFAULT);
        Policy other = parsed("alpha: 0.01\nworse:\n  p99: 3\nlabels:\n  required: true\nshadow:\n  then: promote\n");
        assertThat(parsed(other.text())).isEqualTo(other).isNotEqualTo(Policy.DEFAULT);
        Policy canary = parsed("shadow: {then: canary, steps: [0.5%, 12.25%, 100%], hold_s: 0}\n");
        assertThat(parsed(canary.text())).isEqualTo(canary);
        assertThat(canary.text()).contains("  steps: [0.5%, 12.25%, 100%] #");
        assertThat(Policy.DEFAULT.text().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void keepsTheDefaultsOfWhatAFileLeavesOut() throws Exception {
        Policy policy = parsed("worse:\n  errors: 0.5\n");

        assertThat(policy.worse()).isEqualTo(new Policy.Worse(0.5, 2, 10, 1.5, 1.5));
        assertThat(policy.samples()).isEqualTo(Policy.DEFAULT.samples());
        assertThat(parsed("shadow: {then: canary}").shadow())
                .isEqualTo(new Policy.Shadow(Policy.Shadow.Then.CANARY, List.of(100, 1_000, 5_000), 120));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "alpha: 0 | alpha: 0.0 (expected: above 0, to 0.5)",
                "samples: {harm: 0} | samples.harm: 0 (expected: 1 or more)",
                "worse: {accuracy: 101} | worse.accuracy: 101.0 (expected: 0 to 100)",
                "worse: {p99: 0.9} | worse.p99: 0.9 (expected: a number from 1, or 0: not compared)",
                "workers: {heartbeat_s: -1} | workers.heartbeat_s: -1.0 (expected: a number of seconds above 0)",
                "shadow: {then: never} | shadow.then: never (expected: hold, canary or promote)",
                "shadow: {steps: [10%, 1%]} | shadow.steps: [10%, 1%] (expected: each larger than the one before)",
                "shadow: {steps: [10]} | shadow.steps: 10 (expected: a share such as 1%, 0.5% or 100%, at least 0.01%)",
                "shadow: {steps: [null]} | shadow.steps: null (expected: a share such as ",
                "shadow: {steps: []} | shadow.steps: 0 of them (expected: 1 to 100)",
                "shadow: {steps: 10%} | shadow.steps: 10% (expected: a list)",
                "shadow: {hold_s: -1} | shadow.hold_s: -1.0 (expected: a number of seconds from 0)",
                "shadow: {hold: 2m} | shadow.hold: unknown (expected: hold_s, steps, then)",
                "labels: {required: often} | labels.required: ",
                "agreement: much | agreement: much (expected: a number)",
                "accuracy: 2 | accuracy: unknown (expected: agreement, alpha, labels, samples, shadow, time, workers, worse)"
            })
    void namesTheKeyOfAnError(String text, String message) {
        assertThatThrownBy(() -> parsed(text)).isInstanceOf(IOException.class).hasMessageContaining(message);
    }
}
