package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which data set, and where: see {@link #FORMS}. Without a place {@code cifar100}, {@code cifar10}, {@code mnist} and
 * {@code fashion-mnist} are taken from where Debian's package puts them or from the cache folder, or else downloaded.
 *
 * @param location null: not given
 */
public record DatasetSpec(String name, @Nullable Path location) {
    /** All forms, for help texts and messages. */
    public static final String FORMS =
            "cifar100[:DIR|ARCHIVE], cifar10[:DIR|ARCHIVE], fashion-mnist[:DIR], mnist[:DIR],"
                    + " folder:DIR, images:DIR, coco:DIR or bundled:fashion-mnist";

    private static final String BOXES = "coco";

    private static final String BUNDLED = "bundled:fashion-mnist";
    private static final Set<String> PICTURES = Set.of(ImageFolder.NAME, UnlabelledImages.NAME, BOXES);
    private static final Set<String> PUBLISHED =
            Set.of(Cifar.HUNDRED.name(), Cifar.TEN.name(), IdxSet.FASHION_MNIST.name(), IdxSet.MNIST.name());

    /**
     * Reads one of the forms.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static DatasetSpec parse(String text) {
        if (text.equals(BUNDLED)) {
            return new DatasetSpec(BUNDLED, null);
        }
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        String place = colon < 0 ? "" : text.substring(colon + 1);
        boolean known = place.isEmpty()
                ? PUBLISHED.contains(name) && colon < 0
                : PUBLISHED.contains(name) || PICTURES.contains(name);
        if (!known) {
            throw new IllegalArgumentException("data set: %s (expected: %s)".formatted(text, FORMS));
        }
        return new DatasetSpec(name, place.isEmpty() ? null : Path.of(place));
    }

    /** The folder of {@code coco:DIR}, whose pictures have boxes instead of labels; null of any other. */
    public @Nullable Path folderOfBoxes() {
        return name.equals(BOXES) ? location : null;
    }

    /**
     * Loads it with its images as they are, without telling anybody of a download.
     *
     * @throws DatasetException as {@link #load(WantedShape, DownloadListener)} does
     */
    public Dataset load() throws IOException {
        return load(WantedShape.OWN, DownloadListener.NONE);
    }

    /**
     * Loads it. Picture files stay on disk and are decoded when they are read; all others are read into memory.
     *
     * @param wanted the shape to give images in
     * @throws DatasetException when it is missing, malformed or empty, cannot be downloaded, its pictures have several sizes and no size
     *     is wanted, or have boxes instead of labels
     */
    public Dataset load(WantedShape wanted, DownloadListener listener) throws IOException {
        Path at = location;
        if (folderOfBoxes() != null) {
            throw new DatasetException(
                    "data set: %s has boxes (expected: one label an image; coco:DIR is for evaluate with a detector)"
                            .formatted(this));
        }
        if (at != null && name.equals(ImageFolder.NAME)) {
            return ImageFolder.load(at, wanted);
        }
        if (at != null && name.equals(UnlabelledImages.NAME)) {
            return UnlabelledImages.load(at, wanted);
        }
        Dataset data = inMemory(at, listener);
        return data.resized(wanted.of(data.shape()));
    }

    private Dataset inMemory(@Nullable Path at, DownloadListener listener) throws IOException {
        Downloads downloads =
                new Downloads(Downloads.cacheFolder(System.getenv(), System.getProperty("user.home")), listener);
        return switch (name) {
            case "cifar100" -> Cifar.HUNDRED.load(at, downloads);
            case "cifar10" -> Cifar.TEN.load(at, downloads);
            case "fashion-mnist" -> IdxSet.FASHION_MNIST.load(at, downloads);
            case "mnist" -> IdxSet.MNIST.load(at, downloads);
            default -> BundledSample.load();
        };
    }

    @Override
    public String toString() {
        return location == null ? name : name + ":" + location;
    }
}
