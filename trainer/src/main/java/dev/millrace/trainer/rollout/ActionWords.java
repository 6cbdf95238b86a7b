package dev.millrace.trainer.rollout;

import dev.millrace.schemas.RolloutAction;
import java.util.Locale;

/** How people read what was decided, wherever they do: {@code promoted}, {@code rolled back}. */
public final class ActionWords {
    private ActionWords() {}

    /** An action in a word or two. */
    public static String of(RolloutAction action) {
        return action.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
