package dev.millrace.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.judge.Policy;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerServiceCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void printsThePolicyInEffectAsAFileThatItTakes() throws Exception {
        assertThat(run("--print-policy")).as(err.toString()).isZero();
        Path printed = Files.writeString(folder.resolve("printed.yaml"), out.toString());
        assertThat(Policy.read(printed)).isEqualTo(Policy.DEFAULT);

        Path strict = Files.writeString(folder.resolve("strict.yaml"), "worse: {p99: 1.1}\n");
        assertThat(run("--policy", strict.toString(), "--print-policy")).isZero();
        assertThat(out.toString()).contains("  p99: 1.1 ");
    }

    @Test
    void namesWhatIsWrongWithAPolicy() throws Exception {
        Path wrong = Files.writeString(folder.resolve("wrong.yaml"), "worse: {errors: -1}\n");

        assertThat(run("--policy", wrong.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("wrong.yaml: worse.errors: -1.0 (expected: 0 to 100)");
        assertThat(run("--policy", folder.resolve("none.yaml").toString())).isEqualTo(1);
        assertThat(err.toString()).contains("none.yaml: no such file (expected: a YAML file)");
    }

    @Test
    void refusesWhatItCannotDo() {
        assertThat(run("--every", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--every: 0 ms (expected: 100ms to 1h)");
        assertThat(run("--every", "2")).isEqualTo(2);
        assertThat(err.toString()).contains("2 (expected: a time such as 30s, 2m or 1h, or 0)");
        assertThat(run("--roles", "cook")).isEqualTo(2);
        assertThat(err.toString()).contains("cook");
        assertThat(run("--bootstrap", "127.0.0.1:1")).isEqualTo(1);
        assertThat(err.toString()).contains("127.0.0.1:1 (expected: the address of a running Kafka broker");
    }

    @Test
    void beginsNothingWhereNoRunCouldBegin() throws Exception {
        Path work = folder.resolve("work");
        String least = "model: m\nbase: {dataset: mnist}\n";

        for (String cpus : List.of("[4095]", "[2147483647]")) {
            assertThat(retrain(least + "limits: {cpus: %s}\n".formatted(cpus), work))
                    .isEqualTo(1);
            assertThat(err.toString())
                    .contains("limits.cpus: %s (expected: some of CPUs ".formatted(cpus.replaceAll("\\D", "")));
        }
        assertThat(retrain(least + "limits: {cpus: a-b}\n", work)).isEqualTo(1);
        assertThat(err.toString()).contains("retrain.yaml: limits.cpus: a-b (expected: a list)");
        assertThat(work).doesNotExist();

        Path file = Files.writeString(folder.resolve("file"), "");
        assertThat(retrain(least, file)).isEqualTo(1);
        assertThat(err.toString()).contains(file + ": exists (expected: a folder)");
        assertThat(retrain(least, file.resolve("below"))).isEqualTo(1);
        assertThat(err.toString()).contains(file + "/below: Not a directory");
    }

    private int retrain(String yaml, Path work) throws Exception {
        Path file = Files.writeString(folder.resolve("retrain.yaml"), yaml);
        // Whatever goes past the checks finds no broker.
        return run("--retrain", file.toString(), "--work", work.toString(), "--bootstrap", "127.0.0.1:1");
    }

    private int run(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "trainer";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return TrainerMain.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all);
    }
}
