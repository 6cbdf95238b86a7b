package dev.millrace.schemas.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.fuzz.Fuzzing;
import dev.millrace.schemas.wire.GoldenRecords;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestFuzzTest {
    private static final long MOST_ALLOCATED = 1 << 20;

    private final KeyPair keys = ManifestKeys.generate();
    private final ModelVersion signed =
            new ManifestSigner(keys.getPrivate(), keys.getPublic()).sign(GoldenRecords.manifest());

    @Test
    void opensNothingButWhatWasSigned() {
        WireCodec<ModelVersion> codec = new WireCodec<>(ModelVersion.class);
        ManifestVerifier verifier = ManifestVerifier.trusting(List.of(keys.getPublic()));
        new Fuzzing("signed manifest", List.of(codec.encode(signed)), MOST_ALLOCATED).run(input -> {
            try {
                assertThat(verifier.open(codec.decode(input))).isEqualTo(GoldenRecords.manifest());
            } catch (MalformedRecordException | UntrustedManifestException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        });
    }

    @Test
    void opensOrRefusesAnyManifestWhereNoSignatureIsAsked() {
        ManifestVerifier verifier = ManifestVerifier.trustingAnyone();
        new Fuzzing("unsigned manifest", List.of(signed.getManifest().array()), MOST_ALLOCATED).run(input -> {
            try {
                verifier.open(new ModelVersion(ByteBuffer.wrap(input), "", ByteBuffer.allocate(0)));
            } catch (UntrustedManifestException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        });
    }
}
