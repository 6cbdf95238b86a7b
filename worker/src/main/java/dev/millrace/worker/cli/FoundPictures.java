package dev.millrace.worker.cli;

import dev.millrace.schemas.DetectedBox;
import dev.millrace.schemas.LabelMap;
import dev.millrace.schemas.picture.BoxDrawing;
import dev.millrace.schemas.picture.MapDrawing;
import dev.millrace.schemas.picture.PictureOutput;
import dev.millrace.schemas.picture.SourcePicture;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.infer.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Pictures with what a detector or a segmenter found on them. */
final class FoundPictures {

    private final PictureOutput output;

    /** @param out a file; of several images a folder */
    FoundPictures(Path out, boolean several) {
        this.output = new PictureOutput(out, several);
    }

    /** Of boxes or a map; nothing of any other answer. */
    void write(Path image, EncodedImage encoded, Answer answer) throws IOException {
        if (answer instanceof Answer.Boxes boxes) {
            output.write(image.toString(), BoxDrawing.draw(SourcePicture.encoded(encoded.bytes()), drawn(boxes)));
        } else if (answer instanceof Answer.LabelMap map) {
            LabelMap drawn = new LabelMap(map.width(), map.height(), map.labels(), map.png());
            output.write(image.toString(), MapDrawing.draw(SourcePicture.encoded(encoded.bytes()), drawn));
        }
    }

    private static List<DetectedBox> drawn(Answer.Boxes boxes) {
        return boxes.found().stream()
                .map(box -> new DetectedBox(
                        box.index(), box.label(), box.score(), box.x(), box.y(), box.width(), box.height()))
                .toList();
    }
}
