package dev.millrace.trainer.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    }

    @Test
    void keepsTheDefaultsOfWhatAFileLeavesOut() throws Exception {
        Policy policy = parsed("worse:\n  errors: 0.5\n");

        assertThat(policy.worse()).isEqualTo(new Policy.Worse(0.5, 2, 10, 1.5, 1.5));
        assertThat(policy.samples()).isEqualTo(Policy.DEFAULT.samples());
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
                "shadow: {then: canary} | shadow.then: canary (expected: hold or promote)",
                "labels: {required: often} | labels.required: ",
                "agreement: much | agreement: much (expected: a number)",
                "accuracy: 2 | accuracy: unknown (expected: agreement, alpha, labels, samples, shadow, time, workers, worse)"
            })
    void namesTheKeyOfAnError(String text, String message) {
        assertThatThrownBy(() -> parsed(text)).isInstanceOf(IOException.class).hasMessageContaining(message);
    }
}
