package dev.millrace.trainer.retrain;

import dev.millrace.schemas.manifest.ManifestKeys;

/** The version that answers when a run begins. Immutable. */
public final class Champion {
    private final int version;
    private final byte[] onnx;

    /** @param onnx its artifact; not to be changed any more */
    public Champion(int version, byte[] onnx) {
        this.version = version;
        this.onnx = onnx;
    }

    /** Its number, from 1. */
    public int version() {
        return version;
    }

    /** SHA-256 of its artifact, 64 lower-case hex digits. */
    public String sha256() {
        return ManifestKeys.sha256(onnx);
    }

    byte[] onnx() {
        return onnx;
    }
}
