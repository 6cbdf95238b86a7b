package dev.millrace.trainer.dataset;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Which data set, and where: {@code fashion-mnist[:DIR]}, {@code cifar100:DIR-or-ARCHIVE} or {@code bundled:fashion-mnist}.
 *
 * @param location null: where Debian's package puts it, or inside Millrace itself
 */
public record DatasetSpec(String name, @Nullable Path location) {
    private static final String BUNDLED = "bundled:" + FashionMnist.NAME;
    private static final String EXPECTED = "fashion-mnist[:DIR], cifar100:DIR-or-ARCHIVE or " + BUNDLED;

    /**
     * Reads one of the forms above.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static DatasetSpec parse(String text) {
        if (text.equals(BUNDLED)) {
            return new DatasetSpec(BUNDLED, null);
        }
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        Path location = colon < 0 || colon == text.length() - 1 ? null : Path.of(text.substring(colon + 1));
        boolean known = name.equals(FashionMnist.NAME) || (name.equals(Cifar100.NAME) && location != null);
        if (!known) {
            throw new IllegalArgumentException("data set: %s (expected: %s)".formatted(text, EXPECTED));
        }
        return new DatasetSpec(name, location);
    }

    /**
     * Reads all of it into memory.
     *
     * @throws DatasetException when it is missing or malformed
     */
    public Dataset load() throws IOException {
        Path at = location;
        if (name.equals(BUNDLED)) {
            return BundledSample.load();
        }
        if (name.equals(Cifar100.NAME) && at != null) {
            return Cifar100.load(at);
        }
        return FashionMnist.load(at == null ? FashionMnist.DEBIAN_DIRECTORY : at);
    }

    @Override
    public String toString() {
        return location == null ? name : name + ":" + location;
    }
}
