package dev.millrace.producer.source;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;

/**
 * A known list of image files.
 *
 * @param name the file or folder that was named
 * @param paths the files, in order
 */
record ImageFiles(String name, List<Path> paths) implements ImageSource {
    ImageFiles {
        paths = List.copyOf(paths);
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(paths.size());
    }

    @Override
    public Iterator<SourceImage> iterator() {
        return paths.stream().<SourceImage>map(ImageFile::new).iterator();
    }
}
