package dev.millrace.schemas.manifest;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.wire.WireCodec;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;

/** Turns a manifest into a signed control record. */
public final class ManifestSigner {
    private final PrivateKey privateKey;
    private final String keyId;

    /** Signs with {@code privateKey}; {@code publicKey} only names it. */
    public ManifestSigner(PrivateKey privateKey, PublicKey publicKey) {
        this.privateKey = privateKey;
        this.keyId = ManifestKeys.keyId(publicKey);
    }

    /** The name of the key. */
    public String keyId() {
        return keyId;
    }

    /** Encodes the manifest once and signs those bytes. */
    public ModelVersion sign(ModelManifest manifest) {
        return sign(new WireCodec<>(ModelManifest.class).encode(manifest));
    }

    /** Signs a manifest that somebody has signed before: the same bytes. */
    public ModelVersion signAgain(ModelVersion version) {
        ByteBuffer manifest = version.getManifest();
        byte[] bytes = new byte[manifest.remaining()];
        manifest.duplicate().get(bytes);
        return sign(bytes);
    }

    private ModelVersion sign(byte[] bytes) {
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(privateKey);
            signature.update(bytes);
            return new ModelVersion(ByteBuffer.wrap(bytes), keyId, ByteBuffer.wrap(signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("signing key " + keyId + " (expected: a usable Ed25519 private key)", e);
        }
    }
}
