package dev.millrace.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.Rollout;
import dev.millrace.schemas.manifest.ManifestKeys;
import dev.millrace.schemas.manifest.ManifestSigner;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.schemas.registry.RegistryState.Entry;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.trainer.bundled.BundledModels;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PublishedVersionTest {
    private final KeyPair keys = ManifestKeys.generate();

    @Test
    void findsTheChampionAndMarksIt() throws Exception {
        RegistryState state = new RegistryState(Map.of(
                new ControlKey.Model("a", 1), new Entry(0, signed("a", 1)),
                new ControlKey.Model("a", 2), new Entry(1, signed("a", 2)),
                new ControlKey.RolloutOf("a"),
                        new Entry(
                                2,
                                new Rollout("a", 1, Instant.EPOCH, "tester", "", 0, 2, null, Map.of(), 0, List.of()))));

        assertThat(PublishedVersion.read(state, "a", 1))
                .hasValueSatisfying(found -> assertThat(found.champion()).isTrue());
        assertThat(PublishedVersion.all(state))
                .extracting(PublishedVersion::champion)
                .containsExactly(false, true);
        assertThat(PublishedVersion.read(state, "b", 1)).isEmpty();
    }

    @Test
    void passesOverAManifestThatCannotBeRead() throws Exception {
        ModelVersion unreadable = new ModelVersion(ByteBuffer.wrap(new byte[] {1}), "k", ByteBuffer.allocate(64));
        RegistryState state = new RegistryState(Map.of(
                new ControlKey.Model("a", 1), new Entry(0, signed("a", 1)),
                new ControlKey.Model("a", 2), new Entry(1, unreadable)));

        assertThat(PublishedVersion.all(state)).hasSize(1);
        assertThat(PublishedVersion.read(state, "a", 2)).isEmpty();
    }

    private ModelVersion signed(String name, int version) throws Exception {
        ManifestDraft draft = ManifestDraft.of(BundledModels.read(BundledModels.FASHION_MNIST), name, null);
        return new ManifestSigner(keys.getPrivate(), keys.getPublic()).sign(draft.withVersion(version, Instant.EPOCH));
    }
}
