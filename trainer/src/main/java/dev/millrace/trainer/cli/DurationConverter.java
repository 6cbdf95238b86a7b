package dev.millrace.trainer.cli;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 30s}, {@code 2m} or {@code 1h}, or 0. */
final class DurationConverter implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final Map<String, ChronoUnit> UNITS =
            Map.of("ms", ChronoUnit.MILLIS, "s", ChronoUnit.SECONDS, "m", ChronoUnit.MINUTES, "h", ChronoUnit.HOURS);

    @Override
    public Duration convert(String text) {
        if (text.equals("0")) {
            return Duration.ZERO;
        }
        var form = FORM.matcher(text);
        ChronoUnit unit = form.matches() ? UNITS.get(form.group(2)) : null;
        if (unit == null) {
            throw new TypeConversionException(text + " (expected: a time such as 30s, 2m or 1h, or 0)");
        }
        return Duration.of(Long.parseLong(form.group(1)), unit);
    }
}
