package dev.millrace.trainer.rollout;

import dev.millrace.schemas.registry.Split;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Pattern;

/** How people write times and shares, on the command line and in files. */
public final class Notation {
    private static final Pattern TIME = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final Map<String, ChronoUnit> UNITS =
            Map.of("ms", ChronoUnit.MILLIS, "s", ChronoUnit.SECONDS, "m", ChronoUnit.MINUTES, "h", ChronoUnit.HOURS);

    private static final Pattern SHARE = Pattern.compile("([0-9]{1,3}(?:\\.[0-9]{1,2})?)%");
    private static final int PER_PERCENT = Split.WHOLE / 100;

    private Notation() {}

    /**
     * Reads {@code 30s}, {@code 2m} or {@code 1h}, or 0.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static Duration time(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        var form = TIME.matcher(text);
        ChronoUnit unit = form.matches() ? UNITS.get(form.group(2)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(text + " (expected: a time such as 30s, 2m or 1h, or 0)");
        }
        return Duration.of(Long.parseLong(form.group(1)), unit);
    }

    /** In the largest unit that says it whole; milliseconds count. */
    public static String text(Duration time) {
        long millis = time.toMillis();
        if (millis == 0) {
            return "0";
        }
        if (millis % 1_000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1_000;
        if (seconds % 60 != 0) {
            return seconds + "s";
        }
        return seconds % 3_600 == 0 ? seconds / 3_600 + "h" : seconds / 60 + "m";
    }

    /**
     * Reads {@code 10%} or {@code 0.5%} as a share of {@link Split#WHOLE}.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static int share(String text) {
        var form = SHARE.matcher(text);
        int share = form.matches()
                ? new BigDecimal(form.group(1))
                        .multiply(BigDecimal.valueOf(PER_PERCENT))
                        .intValueExact()
                : 0;
        if (share < 1 || share > Split.WHOLE) {
            throw new IllegalArgumentException(text + " (expected: a share such as 1%, 0.5% or 100%, at least 0.01%)");
        }
        return share;
    }
}
