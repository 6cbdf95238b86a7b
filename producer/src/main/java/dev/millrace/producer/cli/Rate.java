package dev.millrace.producer.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How often to publish, as an open-loop schedule: image n is due n intervals after the start, whatever became of those
 * before it, so that a slow moment is caught up with and no drift adds up.
 *
 * @param perSecond images per second, more than 0
 */
record Rate(double perSecond) {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Nanoseconds from the start to image {@code index}, from 0. */
    long dueNanos(long index) {
        return (long) (index * (NANOS_PER_SECOND / perSecond));
    }

    /** Reads {@code 500/s}, {@code 500} (per second) or {@code 30/m}. */
    static final class Converter implements ITypeConverter<Rate> {
        private static final Pattern FORM = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(/s|/m)?");
        private static final double SECONDS_PER_MINUTE = 60;

        Converter() {}

        @Override
        public Rate convert(String text) {
            Matcher parts = FORM.matcher(text);
            double number = parts.matches() ? Double.parseDouble(parts.group(1)) : 0;
            if (number <= 0) {
                throw new TypeConversionException(text + " (expected: a rate such as 500/s or 30/m)");
            }
            return new Rate("/m".equals(parts.group(2)) ? number / SECONDS_PER_MINUTE : number);
        }
    }
}
