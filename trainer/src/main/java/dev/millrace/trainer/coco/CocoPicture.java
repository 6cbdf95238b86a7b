package dev.millrace.trainer.coco;

import dev.millrace.worker.decode.Frame;
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

    /**
     * The same with its objects where they are on the upright picture. Annotations are made on the picture as it is shown or as it is stored:
     * labelling tools, Detectron2 and Ultralytics turn it as its Exif orientation says, pycocotools and torchvision do not. Which of the
     * two, only their width and height tell.
     *
     * @param frame of the picture's file
     * @throws CocoException when their size is neither's, or both, of a picture that is turned
     */
    public CocoPicture upright(Frame frame) throws CocoException {
        boolean asShown = width == frame.uprightWidth() && height == frame.uprightHeight();
        boolean asStored = width == frame.storedWidth() && height == frame.storedHeight();
        if (asShown && asStored && frame.isTurned()) {
            throw new CocoException(
                    ("%s: %dx%d, turned or mirrored by its Exif orientation (expected: a size that tells whether boxes are on"
                                    + " the picture as it is stored or as it is shown; write the file anew, as it is"
                                    + " annotated, without Exif orientation)")
                            .formatted(file, width, height));
        }
        if (asShown) {
            return this;
        }
        if (asStored) {
            return new CocoPicture(
                    file,
                    frame.uprightWidth(),
                    frame.uprightHeight(),
                    objects.stream().map(object -> object.upright(frame)).toList());
        }
        throw new CocoException("%s: %dx%d%s (expected: %dx%d, as the annotations say)"
                .formatted(
                        file,
                        frame.uprightWidth(),
                        frame.uprightHeight(),
                        frame.isTurned()
                                ? ", stored as %dx%d".formatted(frame.storedWidth(), frame.storedHeight())
                                : "",
                        width,
                        height));
    }
}
