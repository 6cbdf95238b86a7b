package dev.millrace.worker.cli;

import dev.millrace.schemas.DetectedBox;
import dev.millrace.schemas.picture.BoxDrawing;
import dev.millrace.schemas.picture.PictureOutput;
import dev.millrace.schemas.picture.SourcePicture;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.infer.Answer;
import java.io.IOException;
import java.nio.file.Path;

/** Pictures with what a detector found on them. */
final class FoundPictures {

    private final PictureOutput output;

    /** @param out a file; of several images a folder */
    FoundPictures(Path out, boolean several) {
        this.output = new PictureOutput(out, several);
    }

    void write(Path image, EncodedImage encoded, Answer.Boxes boxes) throws IOException {
        output.write(
                image.toString(),
                BoxDrawing.draw(
                        SourcePicture.encoded(encoded.bytes()),
                        boxes.found().stream()
                                .map(box -> new DetectedBox(
                                        box.index(),
                                        box.label(),
                                        box.score(),
                                        box.x(),
                                        box.y(),
                                        box.width(),
                                        box.height()))
                                .toList()));
    }
}
