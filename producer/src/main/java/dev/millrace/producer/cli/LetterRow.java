package dev.millrace.producer.cli;

import dev.millrace.producer.deadletter.DeadLetter;
import dev.millrace.schemas.wire.WireHeaders;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** A letter as one line of at most 80 columns. Text from the wire is made safe for a terminal. */
final class LetterRow {
    private static final String FORM = "%-14s %-20s %-19s %-8s %8s %6s";

    private LetterRow() {}

    /** Names of the columns. */
    static String header() {
        return String.format(FORM, "LETTER", "TIME", "REASON", "STAGE", "BYTES", "REPLAY");
    }

    static String of(DeadLetter letter) {
        return String.format(
                FORM,
                letter.position(),
                SafeText.fit(letter.time().truncatedTo(ChronoUnit.SECONDS).toString(), 20),
                SafeText.fit(orDash(letter.reason()), 19),
                SafeText.fit(orDash(letter.text(WireHeaders.ERROR_STAGE)), 8),
                letter.payloadBytes() < 0 ? "-" : SafeText.fit(Long.toString(letter.payloadBytes()), 8),
                SafeText.fit(Integer.toString(letter.replays()), 6));
    }

    static String orDash(@Nullable String text) {
        return text == null ? "-" : text;
    }
}
