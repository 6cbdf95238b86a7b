package dev.millrace.schemas.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.wire.GoldenRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestTest {
    private final KeyPair keys = ManifestKeys.generate();
    private final ModelVersion signed =
            new ManifestSigner(keys.getPrivate(), keys.getPublic()).sign(GoldenRecords.manifest());
    private final ManifestVerifier verifier = ManifestVerifier.trusting(List.of(keys.getPublic()));

    @Test
    void opensWhatATrustedKeySigned() throws Exception {
        assertThat(verifier.open(signed)).isEqualTo(GoldenRecords.manifest());
    }

    @Test
    void refusesAManifestWithOneBitChanged() {
        byte[] bytes = signed.getManifest().array().clone();
        bytes[bytes.length / 2] ^= 1;
        ModelVersion altered = new ModelVersion(ByteBuffer.wrap(bytes), signed.getKeyId(), signed.getSignature());

        assertThatThrownBy(() -> verifier.open(altered))
                .isInstanceOf(UntrustedManifestException.class)
                .hasMessageContaining("signature: wrong");
    }

    @Test
    void refusesASignatureThatIsNone() {
        for (byte[] none : List.of(new byte[0], new byte[64], new byte[3])) {
            ModelVersion unsigned = new ModelVersion(signed.getManifest(), signed.getKeyId(), ByteBuffer.wrap(none));

            assertThatThrownBy(() -> verifier.open(unsigned)).isInstanceOf(UntrustedManifestException.class);
        }
    }

    @Test
    void refusesAKeyThatIsNotTrusted() {
        KeyPair other = ManifestKeys.generate();
        ModelVersion foreign = new ManifestSigner(other.getPrivate(), other.getPublic()).sign(GoldenRecords.manifest());

        assertThatThrownBy(() -> verifier.open(foreign))
                .isInstanceOf(UntrustedManifestException.class)
                .hasMessageContaining("trusted keys");
    }

    @Test
    void refusesAForeignKeyUnderATrustedName() {
        KeyPair other = ManifestKeys.generate();
        ModelVersion forged = new ManifestSigner(other.getPrivate(), keys.getPublic()).sign(GoldenRecords.manifest());

        assertThatThrownBy(() -> verifier.open(forged)).isInstanceOf(UntrustedManifestException.class);
    }

    @Test
    void putsAnotherKeysSignatureToTheSameBytes() throws Exception {
        KeyPair other = ManifestKeys.generate();

        ModelVersion again = new ManifestSigner(other.getPrivate(), other.getPublic()).signAgain(signed);

        assertThat(again.getManifest()).isEqualTo(signed.getManifest());
        assertThat(ManifestVerifier.trusting(List.of(other.getPublic())).open(again))
                .isEqualTo(GoldenRecords.manifest());
        assertThatThrownBy(() -> verifier.open(again)).hasMessageContaining("trusted keys");
    }

    @Test
    void tellsAPairFromTwoKeys() {
        KeyPair other = ManifestKeys.generate();

        ManifestKeys.requirePair(keys.getPrivate(), keys.getPublic());
        assertThatThrownBy(() -> ManifestKeys.requirePair(keys.getPrivate(), other.getPublic()))
                .hasMessage("public key: %s (expected: the one that belongs to the private key)"
                        .formatted(ManifestKeys.keyId(other.getPublic())));
    }

    @Test
    void writesKeysThatOnlyTheOwnerMayRead(@TempDir Path dir) throws IOException {
        Path stem = dir.resolve("release");
        ManifestKeys.write(keys, stem);

        assertThat(ManifestKeys.readPublic(dir.resolve("release.pub"))).isEqualTo(keys.getPublic());
        assertThat(ManifestKeys.readPrivate(dir.resolve("release.key"))).isEqualTo(keys.getPrivate());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("release.key"))))
                .isEqualTo("rw-------");
        assertThatThrownBy(() -> ManifestKeys.write(keys, stem)).hasMessageContaining("neither exists");
    }

    @Test
    void saysWhatAKeyFileShouldBe(@TempDir Path dir) throws IOException {
        Path file = Files.writeString(dir.resolve("x.pub"), "not a key");

        assertThatThrownBy(() -> ManifestKeys.readPublic(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("BEGIN PUBLIC KEY");
    }

    @Test
    void assemblesChunksInAnyOrderWithRepeatsAndStrangers() throws IOException {
        byte[] artifact = new byte[ArtifactChunks.CHUNK_BYTES * 2 + 5];
        for (int i = 0; i < artifact.length; i++) {
            artifact[i] = (byte) (i * 31);
        }
        List<ArtifactChunks.Chunk> chunks = ArtifactChunks.split(artifact);
        ArtifactAssembly assembly =
                new ArtifactAssembly(ManifestKeys.sha256(artifact), artifact.length, artifact.length);

        for (int index : new int[] {2, 0, 0}) {
            assembly.offer(chunks.get(index).key(), chunks.get(index).value());
        }
        assembly.offer("another/0", new byte[] {1});
        assembly.offer(chunks.get(1).key(), null);

        assertThat(assembly.complete()).isFalse();
        assertThatThrownBy(assembly::bytes).hasMessageContaining("2 of 3 chunks");
        assembly.offer(chunks.get(1).key(), chunks.get(1).value());
        assertThat(assembly.bytes()).isEqualTo(artifact);
    }

    @Test
    void refusesAnArtifactWithAnotherHash() throws IOException {
        byte[] artifact = {1, 2, 3};
        String sha256 = ManifestKeys.sha256(artifact);
        ArtifactAssembly assembly = new ArtifactAssembly(sha256, 3, 3);
        assembly.offer(ArtifactChunks.key(sha256, 0), new byte[] {1, 2, 4});

        assertThatThrownBy(assembly::bytes).isInstanceOf(IOException.class).hasMessageContaining("sha256");
    }

    @Test
    void refusesChunksThatCannotBelong() throws IOException {
        ArtifactAssembly assembly = new ArtifactAssembly("ab", 3, 3);

        assertThatThrownBy(() -> assembly.offer("ab/1", new byte[3])).hasMessageContaining("index from 0 to 0");
        assertThatThrownBy(() -> assembly.offer("ab/x", new byte[3])).hasMessageContaining("index from 0 to 0");
        assertThatThrownBy(() -> assembly.offer("ab/0", new byte[4])).hasMessageContaining("expected: 3");
        assertThatThrownBy(() -> new ArtifactAssembly("ab", 4, 3)).hasMessageContaining("expected: 1 to 3");
    }
}
