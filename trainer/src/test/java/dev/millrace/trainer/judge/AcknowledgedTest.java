package dev.millrace.trainer.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ModelRole;
import dev.millrace.schemas.ModelState;
import dev.millrace.schemas.ModelStatus;
import dev.millrace.schemas.WorkerState;
import dev.millrace.schemas.WorkerStatus;
import dev.millrace.trainer.rollout.WorkerSeen;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AcknowledgedTest {
    private static final Instant NOW = Results.STEPPED.plusSeconds(60);
    private final OpenTrial trial = Results.canary(100, 100);

    @Test
    void countsWorkersThatServeBothVersionsByThisEpoch() {
        Acknowledged workers = of(
                worker(0, WorkerState.SERVING, champion(40), challenger(40, ModelState.LIVE)),
                worker(14, WorkerState.SERVING, champion(41), challenger(41, ModelState.LIVE)),
                worker(0, WorkerState.SERVING, champion(40)),
                worker(0, WorkerState.SERVING, champion(39), challenger(39, ModelState.LIVE)),
                worker(0, WorkerState.SERVING, champion(40), challenger(40, ModelState.PREPARING)));

        assertThat(workers).isEqualTo(new Acknowledged(5, 2, null));
        assertThat(workers.isEnough(Policy.DEFAULT)).isFalse();
    }

    @Test
    void countsNeitherOldHeartbeatsNorWorkersThatLeave() {
        Acknowledged workers = of(
                worker(15, WorkerState.SERVING, champion(40)),
                worker(0, WorkerState.DRAINING, champion(40)),
                worker(3, WorkerState.SERVING, champion(40), challenger(40, ModelState.LIVE)));

        assertThat(workers).isEqualTo(new Acknowledged(1, 1, null));
        assertThat(workers.isEnough(Policy.DEFAULT)).isTrue();
    }

    @Test
    void saysWhoRefusedTheChallenger() {
        Acknowledged workers = of(worker(0, WorkerState.SERVING, champion(40), challenger(40, ModelState.REFUSED)));

        assertThat(workers).isEqualTo(new Acknowledged(1, 0, "w: out of memory"));
    }

    private Acknowledged of(WorkerSeen... workers) {
        return Acknowledged.of(List.of(workers), trial, Policy.DEFAULT, NOW);
    }

    private static WorkerSeen worker(int secondsAgo, WorkerState state, ModelStatus... models) {
        return new WorkerSeen(
                new WorkerStatus("w", Results.STEPPED, Results.STEPPED, state, List.of(), List.of(models)),
                NOW.minusSeconds(secondsAgo));
    }

    private static ModelStatus champion(long epoch) {
        return new ModelStatus("m", 1, "", epoch, ModelState.LIVE, "", ModelRole.CHAMPION);
    }

    private static ModelStatus challenger(long epoch, ModelState state) {
        String detail = state == ModelState.REFUSED ? "out of memory" : "";
        return new ModelStatus("m", 2, "", epoch, state, detail, ModelRole.CHALLENGER);
    }
}
