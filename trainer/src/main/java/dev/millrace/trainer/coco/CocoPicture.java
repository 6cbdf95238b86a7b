package dev.millrace.trainer.coco;

import java.nio.file.Path;
import java.util.List;

/**
 * A picture file and what is on it.
 *
 * @param width pixels, as the annotations say
 * @param height pixels, as the annotations say
 */
public record CocoPicture(Path file, int width, int height, List<TrueBox> objects) {
    public CocoPicture {
        objects = List.copyOf(objects);
    }
}
