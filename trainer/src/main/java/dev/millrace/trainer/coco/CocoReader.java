package dev.millrace.trainer.coco;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes a data set of an annotations file, and looks at everything in it before any picture is read. For one file. */
final class CocoReader {
    /** Annotations are written with a few digits. */
    private static final double TOLERANCE = 1;

    private final CocoFolder folder;
    private final List<String> categories = new ArrayList<>();
    private final Map<Long, Integer> categoryById = new HashMap<>();
    private final List<CocoFile.Image> images = new ArrayList<>();
    private final List<Path> files = new ArrayList<>();
    private final List<List<TrueBox>> objects = new ArrayList<>();
    private final Map<Long, Integer> imageById = new HashMap<>();

    CocoReader(CocoFolder folder) {
        this.folder = folder;
    }

    /** @throws CocoException as {@link CocoDataset#read} */
    CocoDataset read() throws IOException {
        CocoFile file = CocoFile.read(folder.annotations());
        readCategories(given(file.categories(), "categories"));
        readImages(given(file.images(), "images"));
        readAnnotations(given(file.annotations(), "annotations"));
        List<CocoPicture> pictures = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            CocoFile.Image image = images.get(i);
            pictures.add(new CocoPicture(files.get(i), size(image.width()), size(image.height()), objects.get(i)));
        }
        return new CocoDataset(categories, pictures, List.of());
    }

    private void readCategories(List<CocoFile.@Nullable Category> all) throws CocoException {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < all.size(); i++) {
            String where = "categories[%d]".formatted(i);
            CocoFile.Category category = given(all.get(i), where);
            String name = given(category.name(), where + ".name");
            if (!names.add(name)) {
                throw wrong(where + ".name", name, "a name that no other category has");
            }
            if (categoryById.put(given(category.id(), where + ".id"), i) != null) {
                throw wrong(where + ".id", category.id(), "an id that no other category has");
            }
            categories.add(name);
        }
        if (all.isEmpty()) {
            throw wrong("categories", "none", "at least 1");
        }
    }

    private void readImages(List<CocoFile.@Nullable Image> all) throws CocoException {
        List<String> missing = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            String where = "images[%d]".formatted(i);
            CocoFile.Image image = given(all.get(i), where);
            if (imageById.put(given(image.id(), where + ".id"), i) != null) {
                throw wrong(where + ".id", image.id(), "an id that no other image has");
            }
            requireSize(image.width(), where + ".width");
            requireSize(image.height(), where + ".height");
            String name = given(image.fileName(), where + ".file_name");
            Path file = folder.picture(name);
            if (file == null) {
                missing.add(name);
            } else {
                files.add(file);
            }
            images.add(image);
            objects.add(new ArrayList<>());
        }
        if (!missing.isEmpty()) {
            throw new CocoException("%s: %,d of %,d pictures missing, such as %s (expected: in %s, or in images in it)"
                    .formatted(folder.annotations(), missing.size(), all.size(), missing.get(0), folder.root()));
        }
        if (all.isEmpty()) {
            throw wrong("images", "none", "at least 1");
        }
    }

    private void readAnnotations(List<CocoFile.@Nullable Annotation> all) throws CocoException {
        for (int i = 0; i < all.size(); i++) {
            String where = "annotations[%d]".formatted(i);
            CocoFile.Annotation annotation = given(all.get(i), where);
            Integer image = imageById.get(given(annotation.imageId(), where + ".image_id"));
            if (image == null) {
                throw wrong(where + ".image_id", annotation.imageId(), "the id of one of the images");
            }
            Integer category = categoryById.get(given(annotation.categoryId(), where + ".category_id"));
            if (category == null) {
                throw wrong(where + ".category_id", annotation.categoryId(), "the id of one of the categories");
            }
            objects.get(image).add(box(annotation, category, images.get(image), where));
        }
        if (all.isEmpty()) {
            throw wrong("annotations", "none", "at least 1");
        }
    }

    private TrueBox box(CocoFile.Annotation annotation, int category, CocoFile.Image image, String where)
            throws CocoException {
        List<@Nullable Double> box = given(annotation.bbox(), where + ".bbox");
        if (box.size() != 4 || box.stream().anyMatch(value -> value == null || !Double.isFinite(value))) {
            throw wrong(where + ".bbox", box, "[x, y, width, height]");
        }
        double x = number(box, 0);
        double y = number(box, 1);
        double width = number(box, 2);
        double height = number(box, 3);
        boolean within = x >= -TOLERANCE
                && y >= -TOLERANCE
                && width >= 0
                && height >= 0
                && x + width <= size(image.width()) + TOLERANCE
                && y + height <= size(image.height()) + TOLERANCE;
        if (!within) {
            throw wrong(
                    where + ".bbox",
                    box,
                    "[x, y, width, height] within %s of %dx%d"
                            .formatted(image.fileName(), size(image.width()), size(image.height())));
        }
        double area = annotation.area() == null ? width * height : annotation.area();
        if (!(area >= 0) || area == Double.POSITIVE_INFINITY) {
            throw wrong(where + ".area", area, "a number from 0");
        }
        Integer crowd = annotation.iscrowd();
        if (crowd != null && crowd != 0 && crowd != 1) {
            throw wrong(where + ".iscrowd", crowd, "0 or 1");
        }
        return new TrueBox(category, x, y, width, height, area, crowd != null && crowd == 1);
    }

    private static double number(List<@Nullable Double> box, int at) {
        Double value = box.get(at);
        return value == null ? Double.NaN : value;
    }

    private void requireSize(@Nullable Integer size, String where) throws CocoException {
        if (given(size, where) < 1) {
            throw wrong(where, size, "at least 1");
        }
    }

    /** Checked before. */
    private static int size(@Nullable Integer checked) {
        return checked == null ? 0 : checked;
    }

    private <T> T given(@Nullable T value, String where) throws CocoException {
        if (value == null) {
            throw wrong(where, "absent", "a value, as COCO's instances format has it");
        }
        return value;
    }

    private CocoException wrong(String where, @Nullable Object value, String expected) {
        return new CocoException("%s: %s: %s (expected: %s)".formatted(folder.annotations(), where, value, expected));
    }
}
