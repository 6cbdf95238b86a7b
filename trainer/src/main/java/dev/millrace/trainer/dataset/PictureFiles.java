package dev.millrace.trainer.dataset;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.ImageDecoder;
import dev.millrace.worker.decode.ImageRejectedException;
import dev.millrace.worker.decode.Resizing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** PNG and JPEG files, each read, decoded by the code that serves and brought to one shape whenever it is asked for. */
final class PictureFiles implements Pixels {
    private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg");

    private final List<Path> files;
    private final ImageShape shape;
    private final Resizing resizing;

    private PictureFiles(List<Path> files, ImageShape shape, Resizing resizing) {
        this.files = List.copyOf(files);
        this.shape = shape;
        this.resizing = resizing;
    }

    /**
     * Looks at as many headers as it takes to know the shape: at none, where it is given.
     *
     * @param files at least one
     * @throws DatasetException when a size is not given and the files have several, or when a header is damaged
     */
    static PictureFiles open(List<Path> files, WantedShape wanted) throws DatasetException {
        if (wanted.namesSize() && wanted.namesChannels()) {
            return new PictureFiles(
                    files, new ImageShape(wanted.height(), wanted.width(), wanted.channels()), wanted.resizing());
        }
        Path first = files.get(0);
        ImageShape own = headerOf(first);
        for (Path file : files) {
            if (wanted.namesSize() && (wanted.namesChannels() || own.channels() == 3)) {
                break;
            }
            ImageShape other = headerOf(file);
            if (!wanted.namesSize() && (other.height() != own.height() || other.width() != own.width())) {
                throw new DatasetException(
                        "%s: %dx%d (expected: %dx%d, the size of %s; train --size N brings all to one size)"
                                .formatted(file, other.width(), other.height(), own.width(), own.height(), first));
            }
            // One picture in colour makes it a set in colour.
            own = new ImageShape(own.height(), own.width(), Math.max(own.channels(), other.channels()));
        }
        return new PictureFiles(files, wanted.of(own), wanted.namesSize() ? wanted.resizing() : Resizing.NONE);
    }

    private static ImageShape headerOf(Path file) throws DatasetException {
        try {
            return ImageShape.of(EncodedImage.ofFile(file).headerShape());
        } catch (IOException | ImageRejectedException e) {
            throw new DatasetException(UnreadablePictureException.message(file, e));
        }
    }

    /** All PNG and JPEG files in a folder and the folders in it, by their names' endings; sorted, hidden ones left out. */
    static List<Path> under(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return tree.filter(
                            file -> isPicture(file) && !isHidden(folder.relativize(file)) && Files.isRegularFile(file))
                    .sorted(Comparator.comparing(file -> sortKey(folder.relativize(file))))
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new DatasetException("%s: cannot be listed: %s".formatted(folder, e.getMessage()));
        }
    }

    /** The names of the folders in a folder, sorted, hidden ones left out. */
    static List<String> foldersIn(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> Files.isDirectory(entry) && !isHidden(folder.relativize(entry)))
                    .map(entry -> folder.relativize(entry).toString())
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw new DatasetException("%s: cannot be listed: %s".formatted(folder, e.getMessage()));
        }
    }

    private static boolean isPicture(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return ENDINGS.stream().anyMatch(name::endsWith);
    }

    private static boolean isHidden(Path relative) {
        return StreamSupport.stream(relative.spliterator(), false)
                .anyMatch(name -> name.toString().startsWith("."));
    }

    /** The same order on every system. */
    private static String sortKey(Path relative) {
        return relative.toString().replace('\\', '/');
    }

    @Override
    public ImageShape shape() {
        return shape;
    }

    @Override
    public Resizing resizing() {
        return resizing;
    }

    @Override
    public void copy(int i, byte[] into, int at) {
        Path file = files.get(i);
        try {
            new ImageDecoder(shape.pixels(), resizing, DecodeLimits.DEFAULT)
                    .decode(EncodedImage.ofFile(file), ByteBuffer.wrap(into), at);
        } catch (IOException | ImageRejectedException e) {
            throw new UnreadablePictureException(file, e);
        }
    }

    @Override
    public void digest(int i, MessageDigest into) {
        try {
            byte[] bytes = Files.readAllBytes(files.get(i));
            into.update((shape + " " + bytes.length + " ").getBytes(US_ASCII));
            into.update(bytes);
        } catch (IOException e) {
            throw new UnreadablePictureException(files.get(i), e);
        }
    }
}
