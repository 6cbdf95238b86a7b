package dev.millrace.bench.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class QuietTest {
    private static Thread busyFor(Duration time) {
        Thread busy = new Thread(
                () -> {
                    long end = System.nanoTime() + time.toNanos();
                    while (System.nanoTime() < end && !Thread.currentThread().isInterrupted()) {
                        Thread.onSpinWait();
                    }
                },
                "busy");
        busy.setDaemon(true);
        busy.start();
        return busy;
    }

    @Test
    void waitsUntilThisProcessHasNothingToDo() throws Exception {
        Thread busy = busyFor(Duration.ofMillis(1500));

        new Quiet().await(Duration.ofMinutes(1));

        assertThat(busy.isAlive()).isFalse();
    }

    @Test
    void waitsForNobodyLongerThanItsLimit() throws Exception {
        Thread busy = busyFor(Duration.ofMinutes(1));
        try {
            new Quiet().await(Duration.ofMillis(600));

            assertThat(busy.isAlive()).isTrue();
        } finally {
            busy.interrupt();
        }
    }

    @Test
    void saysWhichProcessHasEnded() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();

        assertThatThrownBy(() -> new Quiet(ended.toHandle()).await(Duration.ofSeconds(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("process " + ended.pid() + ": has ended");
    }
}
