package dev.millrace.trainer.replay;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Stands for a request id of any length: the first 16 bytes of its SHA-256. Even of 10^9 ids, two are the same with a chance of less than one
 * in 10^20.
 */
record RequestHash(long first, long second) {
    static final int BYTES = 2 * Long.BYTES;

    static RequestHash of(String requestId) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            ByteBuffer digest = ByteBuffer.wrap(sha256.digest(requestId.getBytes(StandardCharsets.UTF_8)));
            return new RequestHash(digest.getLong(), digest.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 (expected: every JDK has it)", e);
        }
    }

    /** Whether this request is among a share of all, 0 to 1; always among a larger share, too. */
    boolean isIn(double share) {
        return (second >>> 11) * 0x1p-53 < share;
    }
}
