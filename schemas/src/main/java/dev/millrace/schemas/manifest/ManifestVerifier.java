package dev.millrace.schemas.manifest;

import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.ModelVersion;
import dev.millrace.schemas.wire.MalformedRecordException;
import dev.millrace.schemas.wire.WireCodec;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Opens a signed control record, trusting certain public keys. */
public final class ManifestVerifier {
    private final @Nullable Supplier<? extends Collection<PublicKey>> trusted;

    private ManifestVerifier(@Nullable Supplier<? extends Collection<PublicKey>> trusted) {
        this.trusted = trusted;
    }

    /** Accepts what one of {@code trusted} has signed, and nothing else. */
    public static ManifestVerifier trusting(Collection<PublicKey> trusted) {
        Collection<PublicKey> keys = List.copyOf(trusted);
        return trusting(() -> keys);
    }

    /** The same for keys that come and go: they are asked for at every manifest. */
    public static ManifestVerifier trusting(Supplier<? extends Collection<PublicKey>> trusted) {
        return new ManifestVerifier(trusted);
    }

    /** Reads every manifest without asking who signed it: for listing, and for workers told to trust the topic itself. */
    public static ManifestVerifier trustingAnyone() {
        return new ManifestVerifier(null);
    }

    /**
     * The manifest in {@code version}.
     *
     * @throws UntrustedManifestException when no trusted key signed exactly these bytes, or they are no manifest
     */
    public ModelManifest open(ModelVersion version) throws UntrustedManifestException {
        byte[] bytes = copy(version.getManifest());
        if (trusted != null) {
            checkSignature(version, bytes, byId(trusted.get()));
        }
        try {
            return new WireCodec<>(ModelManifest.class).decode(bytes);
        } catch (MalformedRecordException e) {
            throw new UntrustedManifestException("manifest: " + e.getMessage());
        }
    }

    private static Map<String, PublicKey> byId(Collection<PublicKey> trusted) {
        Map<String, PublicKey> keys = new TreeMap<>();
        trusted.forEach(key -> keys.put(ManifestKeys.keyId(key), key));
        return keys;
    }

    private static void checkSignature(ModelVersion version, byte[] bytes, Map<String, PublicKey> keys)
            throws UntrustedManifestException {
        PublicKey key = keys.get(version.getKeyId());
        if (key == null) {
            throw new UntrustedManifestException("manifest key: " + version.getKeyId()
                    + " (expected: one of the trusted keys " + keys.keySet() + ")");
        }
        boolean valid;
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initVerify(key);
            signature.update(bytes);
            valid = signature.verify(copy(version.getSignature()));
        } catch (GeneralSecurityException e) {
            valid = false;
        }
        if (!valid) {
            throw new UntrustedManifestException("manifest signature: wrong (expected: Ed25519 by key "
                    + version.getKeyId() + " over the manifest's bytes)");
        }
    }

    private static byte[] copy(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
