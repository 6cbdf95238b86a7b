package dev.millrace.producer.cli;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code 500ms}, {@code 30s}, {@code 2m} or {@code 1h}. */
final class DurationConverter implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    private static final Map<String, ChronoUnit> UNITS =
            Map.of("ms", ChronoUnit.MILLIS, "s", ChronoUnit.SECONDS, "m", ChronoUnit.MINUTES, "h", ChronoUnit.HOURS);

    DurationConverter() {}

    @Override
    public Duration convert(String text) {
        Matcher parts = FORM.matcher(text);
        ChronoUnit unit = parts.matches() ? UNITS.get(parts.group(2)) : null;
        Duration duration = unit == null ? Duration.ZERO : Duration.of(Long.parseLong(parts.group(1)), unit);
        if (duration.isZero()) {
            throw new TypeConversionException(text + " (expected: a time such as 500ms, 30s, 2m or 1h)");
        }
        return duration;
    }
}
