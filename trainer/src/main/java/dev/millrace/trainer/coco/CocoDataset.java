package dev.millrace.trainer.coco;

import dev.millrace.trainer.dataset.Split;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Pictures with boxes, in COCO's instances format, as they are annotated: whoever reads a picture finds with {@link CocoPicture#upright}
 * where they are on it as Millrace serves it. Pictures stay on disk.
 *
 * @param categories class names by index
 * @param pictures in the order of the annotations file
 * @param leftOut class names whose objects are not among {@code pictures}, see {@link #labelledAs}
 */
public record CocoDataset(List<String> categories, List<CocoPicture> pictures, List<String> leftOut) {
    public CocoDataset {
        categories = List.copyOf(categories);
        pictures = List.copyOf(pictures);
        leftOut = List.copyOf(leftOut);
    }

    /**
     * Reads {@code annotations/instances_*.json}, or {@code annotations.json}, in a folder, and looks whether the pictures are there: in the
     * folder, its {@code images}, or one of either that is named as the annotations are, such as {@code val2017}.
     *
     * @param split chooses among several annotations: {@code instances_train*}, {@code instances_val*}, {@code instances_test*}
     * @throws CocoException when a file is missing or malformed, an id unknown, or a box not within its picture by a pixel
     */
    public static CocoDataset read(Path folder, Split split) throws IOException {
        return new CocoReader(CocoFolder.of(folder, split)).read();
    }

    /** Objects that count, without crowds. */
    public int objects() {
        return (int) pictures.stream()
                .flatMap(picture -> picture.objects().stream())
                .filter(object -> !object.crowd())
                .count();
    }

    /**
     * With those categories only that a model has a label for, spelt as the model spells it: names are the same but for case and
     * punctuation. Objects of the others are left out; all pictures stay.
     *
     * @throws CocoException when that is none, or it is not clear which
     */
    public CocoDataset labelledAs(List<String> labels) throws CocoException {
        Map<String, String> byKey = new HashMap<>();
        for (String label : labels) {
            String other = byKey.putIfAbsent(key(label), label);
            if (other != null && !other.equals(label)) {
                throw new CocoException(
                        "labels: %s and %s (expected: names that differ in more than case and punctuation)"
                                .formatted(other, label));
            }
        }
        int[] to = new int[categories.size()];
        List<String> kept = new ArrayList<>();
        List<String> unknown = new ArrayList<>(leftOut);
        for (int category = 0; category < to.length; category++) {
            String label = byKey.get(key(categories.get(category)));
            if (label != null && kept.contains(label)) {
                throw new CocoException("categories: %s twice (expected: each once)".formatted(label));
            }
            to[category] = label == null ? -1 : kept.size();
            (label == null ? unknown : kept).add(label == null ? categories.get(category) : label);
        }
        if (kept.isEmpty()) {
            throw new CocoException("categories: %s (expected: some of the model's labels, %s)"
                    .formatted(some(categories), some(labels)));
        }
        return new CocoDataset(
                kept, pictures.stream().map(picture -> relabelled(picture, to)).toList(), unknown);
    }

    private static CocoPicture relabelled(CocoPicture picture, int[] to) {
        return new CocoPicture(
                picture.file(),
                picture.width(),
                picture.height(),
                picture.objects().stream()
                        .filter(object -> to[object.category()] >= 0)
                        .map(object -> object.of(to[object.category()]))
                        .toList());
    }

    private static String key(String name) {
        String key = name.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", "");
        return key.isEmpty() ? name : key;
    }

    private static String some(List<String> names) {
        return names.size() <= 10 ? names.toString() : names.subList(0, 10) + " and " + (names.size() - 10) + " more";
    }
}
