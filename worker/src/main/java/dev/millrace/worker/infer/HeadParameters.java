package dev.millrace.worker.infer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The parameters of a task head, as a model's metadata gives them. Whoever has read all that it knows calls
 * {@link #requireNoOthers}: a parameter that is misspelt must not pass for one that is left out. One thread.
 */
final class HeadParameters {

    private final Map<String, String> given;
    private final TreeSet<String> known = new TreeSet<>();

    HeadParameters(Map<String, String> given) {
        this.given = given;
    }

    /** Whether it is given, whatever its value. */
    boolean has(String key) {
        known.add(key);
        return given.containsKey(key);
    }

    String text(String key, String otherwise) {
        known.add(key);
        return given.getOrDefault(key, otherwise).strip();
    }

    /** @throws IllegalArgumentException if it is not given */
    String required(String key, String expected) {
        known.add(key);
        String value = given.get(key);
        if (value == null) {
            throw wrong(key, "absent", expected);
        }
        return value.strip();
    }

    /**
     * One of an enum's words, which are its names in lower case with hyphens.
     *
     * @throws IllegalArgumentException if it is none of them
     */
    <E extends Enum<E>> E choice(String key, E otherwise) {
        String value = text(key, word(otherwise));
        List<E> all = List.of(otherwise.getDeclaringClass().getEnumConstants());
        for (E one : all) {
            if (word(one).equals(value)) {
                return one;
            }
        }
        throw wrong(
                key,
                value,
                "one of "
                        + String.join(
                                ", ", all.stream().map(HeadParameters::word).toList()));
    }

    private static String word(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException if it is no number from {@code least} to {@code most} */
    float number(String key, float otherwise, float least, float most) {
        String value = text(key, String.valueOf(otherwise));
        float number = parse(key, value);
        if (!(number >= least && number <= most)) {
            throw wrong(key, value, "a number from " + least + " to " + most);
        }
        return number;
    }

    /** @throws IllegalArgumentException if it is no whole number from {@code least} to {@code most} */
    int whole(String key, int otherwise, int least, int most) {
        String value = text(key, String.valueOf(otherwise));
        try {
            int number = Integer.parseInt(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(key, value, "a whole number from " + least + " to " + most);
    }

    /**
     * Names with commas between.
     *
     * @throws IllegalArgumentException if one is empty
     */
    List<String> names(String key, List<String> otherwise) {
        if (!has(key)) {
            return otherwise;
        }
        List<String> names =
                Arrays.stream(text(key, "").split(",", -1)).map(String::strip).toList();
        if (names.contains("")) {
            throw wrong(key, text(key, ""), "names, comma separated");
        }
        return names;
    }

    /**
     * Numbers above 0 with commas between.
     *
     * @param example of what is expected
     * @throws IllegalArgumentException if there are none, or others
     */
    float[] numbers(String key, String example) {
        return numbers(key, required(key, "numbers, such as " + example), example);
    }

    /**
     * Groups of {@link #numbers} with semicolons between.
     *
     * @throws IllegalArgumentException as {@link #numbers}
     */
    List<float[]> groups(String key, String example) {
        String value = required(key, "numbers, such as " + example);
        List<float[]> groups = new ArrayList<>();
        for (String group : value.split(";", -1)) {
            groups.add(numbers(key, group, example));
        }
        return groups;
    }

    private static float[] numbers(String key, String value, String example) {
        String[] parts = value.split(",", -1);
        float[] numbers = new float[parts.length];
        for (int i = 0; i < parts.length; i++) {
            numbers[i] = parse(key, parts[i].strip());
            if (!(numbers[i] > 0) || numbers[i] == Float.POSITIVE_INFINITY) {
                throw wrong(key, value, "numbers above 0, such as " + example);
            }
        }
        return numbers;
    }

    private static float parse(String key, String value) {
        try {
            return Float.parseFloat(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + ": " + value + " (expected: a number)", e);
        }
    }

    static IllegalArgumentException wrong(String key, Object value, String expected) {
        return new IllegalArgumentException(key + ": " + value + " (expected: " + expected + ")");
    }

    /** @throws IllegalArgumentException if one is given that nobody asked for */
    void requireNoOthers() {
        new TreeMap<>(given).forEach((key, value) -> {
            if (!known.contains(key)) {
                throw wrong(key, value, "one of " + String.join(", ", known));
            }
        });
    }
}
