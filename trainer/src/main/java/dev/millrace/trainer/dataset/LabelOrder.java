package dev.millrace.trainer.dataset;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Finds the classes of a data set among the labels of a model. */
final class LabelOrder {
    private LabelOrder() {}

    /**
     * The position of every class among the labels: where names are the same; else where they are but for case and punctuation, since a
     * folder cannot be called T-shirt/top; else where every class is the number of a label; else where the labels are not names but
     * {@code class 0} and so on, as many as there are classes.
     *
     * @throws DatasetException when a class is none of the labels
     */
    static int[] positions(String dataset, List<String> classes, List<String> labels) throws DatasetException {
        if (classes.equals(labels)) {
            return IntStream.range(0, labels.size()).toArray();
        }
        for (UnaryOperator<String> spelling :
                List.<UnaryOperator<String>>of(UnaryOperator.identity(), LabelOrder::lettersAndDigits)) {
            List<String> ours = classes.stream().map(spelling).toList();
            List<String> theirs = labels.stream().map(spelling).toList();
            if (isDistinct(ours) && isDistinct(theirs) && theirs.containsAll(ours)) {
                return ours.stream().mapToInt(theirs::indexOf).toArray();
            }
        }
        if (classes.stream().allMatch(name -> isNumberBelow(labels.size(), name))) {
            return classes.stream().mapToInt(Integer::parseInt).toArray();
        }
        if (classes.size() == labels.size() && areUnnamed(labels)) {
            return IntStream.range(0, labels.size()).toArray();
        }
        List<String> strange =
                classes.stream().filter(name -> !labels.contains(name)).toList();
        throw new DatasetException("classes: %s of %s (expected: only labels that the model knows: %s)"
                .formatted(some(strange), dataset, some(labels)));
    }

    private static String lettersAndDigits(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", "");
    }

    private static boolean isDistinct(List<String> names) {
        Set<String> distinct = new HashSet<>(names);
        return distinct.size() == names.size() && !distinct.contains("");
    }

    private static boolean isNumberBelow(int limit, String name) {
        return name.matches("[0-9]{1,9}") && Integer.parseInt(name) < limit;
    }

    private static boolean areUnnamed(List<String> labels) {
        return IntStream.range(0, labels.size()).allMatch(i -> labels.get(i).equals("class " + i));
    }

    private static String some(List<String> names) {
        return names.size() <= 10 ? names.toString() : names.subList(0, 10) + " and " + (names.size() - 10) + " more";
    }
}
