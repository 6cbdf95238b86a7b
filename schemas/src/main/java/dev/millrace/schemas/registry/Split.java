package dev.millrace.schemas.registry;

import dev.millrace.schemas.Trial;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which requests a trial's challenger gets. It depends on nothing but the trial and the request, so that a retry meets the same arm, on any
 * worker, and any program can tell beforehand: with {@code u} the first four bytes of
 * <pre>SHA-256("&lt;model&gt;/&lt;challenger&gt;/&lt;id&gt;")</pre>
 * as an unsigned big-endian number, the challenger gets the request if {@code u / 2^32 < share / 10000}. {@code id} is the request id in
 * UTF-8, or what {@link Trial#getSticky} names. Whoever has met the challenger at one share does so at every larger one.
 *
 * <p>One thread at a time.
 */
public final class Split {
    /** A share of everything. */
    public static final int WHOLE = 10_000;

    private static final String TAG = "tag:";
    private static final String HEADER = "header:";
    private static final String KEY = "key";

    private final byte[] salt;
    private final Trial trial;
    private final MessageDigest sha256;

    /** What of a request the choice may depend on. */
    public interface Traits {
        /** The request's own id. */
        String requestId();

        /** The key of its record; null for none. */
        byte @Nullable [] key();

        /** Its tag of this name; null for none. */
        @Nullable
        String tag(String name);

        /** The value of the last header of this name of its record; null for none. */
        byte @Nullable [] header(String name);
    }

    /** The split of {@code trial}, which is of {@code model}. */
    public Split(String model, Trial trial) {
        this.trial = trial;
        this.salt = (model + "/" + trial.getChallenger() + "/").getBytes(StandardCharsets.UTF_8);
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256 (expected: every JDK has it)", e);
        }
    }

    /**
     * Checks a place that a choice can look at: {@code tag:NAME} or {@code header:NAME}.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static String requirePlace(String place) {
        if (place.equals(TAG) || place.equals(HEADER) || !(place.startsWith(TAG) || place.startsWith(HEADER))) {
            throw new IllegalArgumentException("place: " + place + " (expected: tag:NAME or header:NAME)");
        }
        return place;
    }

    /**
     * Checks what may choose the arm: {@code key}, or a place as above, or nothing for the request id.
     *
     * @throws IllegalArgumentException when it is none of these
     */
    public static String requireSticky(String sticky) {
        return sticky.isEmpty() || sticky.equals(KEY) ? sticky : requirePlace(sticky);
    }

    /** Whether the challenger gets this request. */
    public boolean toChallenger(Traits request) {
        return meetsConditions(request) || hash(idOf(request)) * WHOLE < (long) trial.getShare() << Integer.SIZE;
    }

    private boolean meetsConditions(Traits request) {
        Map<String, String> conditions = trial.getConditions();
        return !conditions.isEmpty()
                && conditions.entrySet().stream().allMatch(condition -> {
                    byte[] value = at(condition.getKey(), request);
                    return value != null && condition.getValue().equals(new String(value, StandardCharsets.UTF_8));
                });
    }

    private byte[] idOf(Traits request) {
        byte[] sticky = at(trial.getSticky(), request);
        return sticky == null ? request.requestId().getBytes(StandardCharsets.UTF_8) : sticky;
    }

    private static byte @Nullable [] at(String place, Traits request) {
        if (place.startsWith(TAG)) {
            String tag = request.tag(place.substring(TAG.length()));
            return tag == null ? null : tag.getBytes(StandardCharsets.UTF_8);
        }
        if (place.startsWith(HEADER)) {
            return request.header(place.substring(HEADER.length()));
        }
        return place.equals(KEY) ? request.key() : null;
    }

    private long hash(byte[] id) {
        sha256.update(salt);
        return Integer.toUnsignedLong(ByteBuffer.wrap(sha256.digest(id)).getInt());
    }
}
