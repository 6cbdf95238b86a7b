package dev.millrace.schemas.topic;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Key of a record on the control topic. */
public sealed interface ControlKey {
    /** Key of a {@code ModelVersion} record: {@code model/<name>/<version>}. */
    record Model(String name, int version) implements ControlKey {
        /** Checks the name and the version. */
        public Model {
            requireModelName(name);
            if (version < 1) {
                throw new IllegalArgumentException("model version: " + version + " (expected: 1 or more)");
            }
        }

        @Override
        public String toString() {
            return "model/" + name + "/" + version;
        }
    }

    /** Key of a {@code Rollout} record: {@code rollout/<name>}. */
    record RolloutOf(String name) implements ControlKey {
        /** Checks the name. */
        public RolloutOf {
            requireModelName(name);
        }

        @Override
        public String toString() {
            return "rollout/" + name;
        }
    }

    /**
     * Key of a {@code RolloutEvent} record: {@code story/<name>/<id>}.
     *
     * @param id of the event alone: lower-case hex digits and '-'
     */
    record Story(String name, String id) implements ControlKey {
        /** Checks both. */
        public Story {
            requireModelName(name);
            if (!STORY_ID.matcher(id).matches()) {
                throw new IllegalArgumentException("story id: " + id + " (expected: 1 to 64 hex digits or '-')");
            }
        }

        @Override
        public String toString() {
            return "story/" + name + "/" + id;
        }
    }

    /** What an event may be called. */
    Pattern STORY_ID = Pattern.compile("[0-9a-f-]{1,64}");

    /** What a model may be called. */
    Pattern MODEL_NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,99}");

    /** The key that {@code text} spells, or null when it is of no kind that this version knows. */
    static @Nullable ControlKey parse(@Nullable String text) {
        if (text == null) {
            return null;
        }
        Matcher model =
                Pattern.compile("model/(" + MODEL_NAME + ")/([1-9][0-9]{0,8})").matcher(text);
        if (model.matches()) {
            return new Model(model.group(1), Integer.parseInt(model.group(2)));
        }
        Matcher rollout = Pattern.compile("rollout/(" + MODEL_NAME + ")").matcher(text);
        if (rollout.matches()) {
            return new RolloutOf(rollout.group(1));
        }
        Matcher story =
                Pattern.compile("story/(" + MODEL_NAME + ")/(" + STORY_ID + ")").matcher(text);
        return story.matches() ? new Story(story.group(1), story.group(2)) : null;
    }

    /**
     * Returns {@code name}.
     *
     * @throws IllegalArgumentException when it cannot be a model's name
     */
    static String requireModelName(String name) {
        if (!MODEL_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("model name: " + name
                    + " (expected: 1 to 100 lower-case letters, digits, '-', '.' or '_', the first a letter or digit)");
        }
        return name;
    }
}
