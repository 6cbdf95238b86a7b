package dev.millrace.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.trainer.bundled.BundledModels;
import java.security.KeyPair;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RegistryStateTest {
    private final KeyPair keys = ManifestKeys.generate();

    @Test
    void countsFromOnePerName() throws Exception {
        RegistryState state = RegistryState.EMPTY.with(new ControlKey.Model("a", 1), signed("a", 1));

        assertThat(state.nextVersion("a")).isEqualTo(2);
        assertThat(state.nextVersion("b")).isEqualTo(1);
    }

    @Test
    void neverCountsAVersionTwiceAfterItsManifestIsGone() throws Exception {
        ControlKey.Model key = new ControlKey.Model("a", 3);
        RegistryState state = RegistryState.EMPTY
                .with(key, signed("a", 3))
                .with(new ControlKey.RolloutOf("a"), new Rollout("a", 3, Instant.EPOCH, "tester", ""))
                .with(key, null);

        assertThat(state.entries()).isEmpty();
        assertThat(state.nextVersion("a")).isEqualTo(4);
    }

    @Test
    void findsTheChampionAndMarksIt() throws Exception {
        RegistryState state = RegistryState.EMPTY
                .with(new ControlKey.Model("a", 1), signed("a", 1))
                .with(new ControlKey.Model("a", 2), signed("a", 2))
                .with(new ControlKey.RolloutOf("a"), new Rollout("a", 1, Instant.EPOCH, "tester", ""));

        assertThat(state.find("a", 0))
                .hasValueSatisfying(
                        entry -> assertThat(entry.manifest().getVersion()).isEqualTo(1));
        assertThat(state.entries()).extracting(RegistryState.Entry::champion).containsExactly(false, true);
        assertThat(state.find("b", 0)).isEmpty();
    }

    private ModelVersion signed(String name, int version) throws Exception {
        ManifestDraft draft = ManifestDraft.of(BundledModels.read(BundledModels.FASHION_MNIST), name, null);
        return new ManifestSigner(keys.getPrivate(), keys.getPublic()).sign(draft.withVersion(version, Instant.EPOCH));
    }
}
