package dev.millrace.worker.intake;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a commit says beside its offset, in the commit's metadata: whether a lane is at work behind it, so that whoever
 * finds the offset knows that the lane ended without giving the partition up.
 */
sealed interface CommitMark {
    /** The lane gave the partition up in order, or never worked on it. */
    CommitMark CLEAN = new Clean();

    /** The metadata's text. */
    String text();

    /** Nothing is to be suspected. */
    record Clean() implements CommitMark {
        @Override
        public String text() {
            return "";
        }
    }

    /**
     * A lane is at work.
     *
     * @param until offset, exclusive, up to which it may have taken records
     */
    record Running(long until) implements CommitMark {
        @Override
        public String text() {
            return "millrace running until=" + until;
        }
    }

    /**
     * A lane answers one record at a time, because a lane before it ended without giving the partition up.
     *
     * @param attempt how many times the record at the committed offset has been tried alone, this time included
     * @param until offset, exclusive, up to which records are tried alone
     */
    record Alone(int attempt, long until) implements CommitMark {
        @Override
        public String text() {
            return "millrace alone attempt=" + attempt + " until=" + until;
        }
    }

    /** Reads a commit's metadata; what is not a mark of ours is clean. */
    static CommitMark parse(@Nullable String metadata) {
        Matcher form = Form.TEXT.matcher(metadata == null ? "" : metadata);
        if (!form.matches()) {
            return CLEAN;
        }
        long until = Long.parseLong(form.group(2));
        return form.group(1) == null ? new Running(until) : new Alone(Integer.parseInt(form.group(1)), until);
    }

    /** The texts above. */
    final class Form {
        private static final Pattern TEXT =
                Pattern.compile("millrace (?:running|alone attempt=(\\d{1,9})) until=(\\d{1,18})");

        private Form() {}
    }
}
