package dev.millrace.trainer.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schemas.ChannelOrder;
import dev.millrace.schemas.ElementType;
import dev.millrace.schemas.InputSpec;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.Task;
import dev.millrace.schemas.TensorLayout;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Entry;
import dev.millrace.schemas.topic.ControlKey;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RolloutCommandTest {
    private static final KeyPair KEYS = ManifestKeys.generate();
    private static final Stamp STAMP = new Stamp(Instant.EPOCH, "ann@host", "because");

    private RegistryState state = RegistryState.EMPTY;
    private long offset;

    @Test
    void makesTheFirstVersionOfAModelTheChampionAndLaterOnesOnlyIfToldTo() {
        publish(1, "a", false);
        publish(2, "b", false);
        assertThat(rollout())
                .isEqualTo(new Rollout(
                        "fashion", 1, Instant.EPOCH, "ann@host", "because", 0, 2, null, Map.of(), 0, List.of()));

        publish(3, "c", true);
        assertThat(rollout())
                .isEqualTo(new Rollout(
                        "fashion", 3, Instant.EPOCH, "ann@host", "because", 1, 3, null, Map.of(), 0, List.of()));
    }

    @Test
    void promotesAVersionAndRemembersTheOneBefore() throws Exception {
        publish(1, "a", false);
        publish(2, "b", false);

        Change change = decide(new RolloutCommand.Promote("fashion", new VersionName("latest")));

        assertThat(change.event().getAction()).isEqualTo(RolloutAction.PROMOTED);
        assertThat(change.event().getVersion()).isEqualTo(2);
        assertThat(rollout().getChampion()).isEqualTo(2);
        assertThat(rollout().getPrevious()).isEqualTo(1);
    }

    @Test
    void rollsBackOnceAndNotBackToWhatWasRolledBack() throws Exception {
        publish(1, "a", false);
        publish(2, "b", true);

        decide(new RolloutCommand.Rollback("fashion", null));

        assertThat(rollout().getChampion()).isEqualTo(1);
        assertThatThrownBy(() -> decide(new RolloutCommand.Rollback("fashion", null)))
                .isInstanceOf(RolloutRefusedException.class)
                .hasMessage("version: previous, which fashion has none of (expected: one of [1, 2])");
        decide(new RolloutCommand.Rollback("fashion", VersionName.of(2)));
        assertThat(rollout().getChampion()).isEqualTo(2);
    }

    @Test
    void refusesAVersionThatAnswersAlreadyOrIsNotOnRecord() {
        publish(1, "a", false);

        assertThatThrownBy(() -> decide(new RolloutCommand.Promote("fashion", VersionName.of(1))))
                .hasMessage("version: 1, which answers already (expected: another one)");
        assertThatThrownBy(() -> decide(new RolloutCommand.Promote("fashion", VersionName.of(7))))
                .hasMessage("version: 7, never published, or retired (expected: one of [1])");
        assertThatThrownBy(() -> decide(new RolloutCommand.Promote("nobody", VersionName.of(1))))
                .hasMessage("model: nobody (expected: a published one, see `models list`)");
    }

    @Test
    void retiresAVersionWithItsArtifactAndNeverUsesItsNumberAgain() throws Exception {
        publish(1, "a", false);
        publish(2, "b", true);
        publish(3, "b", false);

        Change shared = decide(new RolloutCommand.Retire("fashion", VersionName.of(3)));
        Change own = decide(new RolloutCommand.Retire("fashion", new VersionName("previous")));

        assertThat(shared.freed()).as("version 2 has the same artifact").isEmpty();
        assertThat(own.retired()).containsExactly(new ControlKey.Model("fashion", 1));
        assertThat(own.freed()).extracting(ModelManifest::getVersion).containsExactly(1);
        assertThat(rollout().getPrevious()).isZero();
        assertThat(state.latest("fashion")).isEqualTo(3);
        assertThat(new VersionName("latest").in(state, "fashion")).isEqualTo(2);
        assertThatThrownBy(() -> decide(new RolloutCommand.Retire("fashion", new VersionName("champion"))))
                .hasMessage("version: 2, which answers (expected: another one; promote one first)");
    }

    @Test
    void takesNothingOffTheArtifactsTopicForAVersionWhoseFileIsElsewhere() throws Exception {
        publish(1, "a", false);
        publishElsewhere(2, "a");
        publish(3, "c", true);

        assertThat(decide(new RolloutCommand.Retire("fashion", VersionName.of(1)))
                        .freed())
                .as("version 2 has the same bytes, but not there")
                .extracting(ModelManifest::getVersion)
                .containsExactly(1);
        assertThat(decide(new RolloutCommand.Retire("fashion", VersionName.of(2)))
                        .freed())
                .isEmpty();
    }

    @Test
    void refusesWhatIsNoNameOfAVersion() {
        for (String text : new String[] {"", "0", "V1", "-1", "new_est", "1234567890"}) {
            assertThatThrownBy(() -> new VersionName(text))
                    .hasMessage("version: " + text
                            + " (expected: a number from 1, one of [champion, challenger, previous, latest], or an"
                            + " alias)");
        }
    }

    private void publishElsewhere(int version, String artifact) {
        ModelManifest manifest = manifest(version, ManifestKeys.sha256(artifact.getBytes(StandardCharsets.UTF_8)));
        manifest.setArtifact("https://localhost/model.onnx");
        publish(manifest, false);
    }

    private void publish(int version, String artifact, boolean promote) {
        publish(manifest(version, ManifestKeys.sha256(artifact.getBytes(StandardCharsets.UTF_8))), promote);
    }

    private void publish(ModelManifest manifest, boolean promote) {
        int version = manifest.getVersion();
        Change change = RolloutCommand.published(state, "fashion", version, promote, STAMP);
        ModelVersion signed = new ManifestSigner(KEYS.getPrivate(), KEYS.getPublic()).sign(manifest);
        Map<ControlKey, Entry> next = new HashMap<>(state.entries());
        next.put(new ControlKey.Model("fashion", version), new Entry(offset++, signed));
        state = new RegistryState(next);
        apply(change);
    }

    private static ModelManifest manifest(int version, String sha256) {
        InputSpec input = InputSpec.newBuilder()
                .setTensor("pixels")
                .setElementType(ElementType.UINT8)
                .setLayout(TensorLayout.NCHW)
                .setHeight(1)
                .setWidth(1)
                .setChannels(1)
                .setChannelOrder(ChannelOrder.GREY)
                .setMean(List.of(0f))
                .setScale(List.of(1f))
                .setMaxBatch(0)
                .build();
        return ModelManifest.newBuilder()
                .setName("fashion")
                .setVersion(version)
                .setTask(Task.CLASSIFICATION)
                .setInput(input)
                .setOutputTensor("logits")
                .setLabels(List.of("a", "b"))
                .setPrecision("int8")
                .setArtifact("kafka:")
                .setBytes(1)
                .setSha256(sha256)
                .setCreatedAt(Instant.EPOCH)
                .build();
    }

    private Change decide(RolloutCommand command) throws RolloutRefusedException {
        Change change = command.decide(state, STAMP);
        apply(change);
        return change;
    }

    private void apply(Change change) {
        Map<ControlKey, Entry> next = new HashMap<>(state.entries());
        next.put(new ControlKey.RolloutOf("fashion"), new Entry(offset++, change.rollout()));
        // As compaction leaves it in the end.
        change.retired().forEach(next::remove);
        state = new RegistryState(next);
    }

    private Rollout rollout() {
        return Objects.requireNonNull(state.decision("fashion")).rollout();
    }
}
