package dev.millrace.trainer.coco;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.trainer.dataset.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CocoDatasetTest {
    private static final String SOUND = """
            {"info": {"year": 2026}, "licenses": [],
             "categories": [{"id": 3, "name": "Traffic-Light", "supercategory": "street"}, {"id": 7, "name": "dog"}],
             "images": [{"id": 5, "file_name": "a.png", "width": 40, "height": 30, "license": 1},
                        {"id": 6, "file_name": "b.png", "width": 40, "height": 30}],
             "annotations": [{"id": 1, "image_id": 5, "category_id": 7, "bbox": [1, 2.5, 10, 20], "area": 150.5,
                              "iscrowd": 0, "segmentation": [[1, 2, 3, 4, 5, 6]]},
                             {"id": 2, "image_id": 5, "category_id": 3, "bbox": [0, 0, 40, 30], "iscrowd": 1}]}
            """;

    @TempDir
    private Path folder = Path.of("");

    @BeforeEach
    void writePictures() throws IOException {
        Files.createFile(folder.resolve("a.png"));
        Files.createFile(Files.createDirectories(folder.resolve("images")).resolve("b.png"));
    }

    @Test
    void readsPicturesAndWhatIsOnThem() throws Exception {
        write("annotations.json", SOUND);

        CocoDataset data = read(Split.TEST);

        assertThat(data.categories()).containsExactly("Traffic-Light", "dog");
        assertThat(data.pictures())
                .containsExactly(
                        new CocoPicture(
                                folder.resolve("a.png"),
                                40,
                                30,
                                List.of(
                                        new TrueBox(1, 1, 2.5, 10, 20, 150.5, false),
                                        new TrueBox(0, 0, 0, 40, 30, 1200, true))),
                        new CocoPicture(folder.resolve("images/b.png"), 40, 30, List.of()));
        assertThat(data.objects()).isEqualTo(1);
    }

    @Test
    void theSplitChoosesAmongSeveralAnnotationsAndTheirFolderOfPictures() throws Exception {
        write("annotations/instances_train2017.json", SOUND);
        Files.createDirectory(folder.resolve("train2017"));
        Files.move(folder.resolve("a.png"), folder.resolve("train2017/a.png"));
        assertThat(read(Split.TEST).pictures().get(0).file()).isEqualTo(folder.resolve("train2017/a.png"));

        write("annotations/instances_val2017.json", SOUND.replace("dog", "cat"));
        Files.createFile(folder.resolve("a.png"));
        assertThat(read(Split.TRAIN).categories()).contains("dog");
        assertThat(read(Split.VALIDATION).categories()).contains("cat");
        assertThatThrownBy(() -> read(Split.TEST))
                .isInstanceOf(CocoException.class)
                .hasMessageContaining("[instances_train2017.json, instances_val2017.json]"
                        + " (expected: one file of the split test; --split chooses another)");
    }

    @Test
    void categoriesAreFoundAmongLabelsByNameAndTheOthersLeftOut() throws Exception {
        write("annotations.json", SOUND);

        CocoDataset data = read(Split.TEST).labelledAs(List.of("cat", "traffic light"));

        assertThat(data.categories()).containsExactly("traffic light");
        assertThat(data.leftOut()).containsExactly("dog");
        assertThat(data.pictures()).hasSize(2);
        assertThat(data.pictures().get(0).objects()).containsExactly(new TrueBox(0, 0, 0, 40, 30, 1200, true));
        assertThatThrownBy(() -> read(Split.TEST).labelledAs(List.of("cat", "eel")))
                .hasMessage("categories: [Traffic-Light, dog] (expected: some of the model's labels, [cat, eel])");
        assertThatThrownBy(() -> read(Split.TEST).labelledAs(List.of("dog", "Dog")))
                .hasMessageStartingWith("labels: dog and Dog (expected: ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"category_id\": 7|\"category_id\": 8|annotations[0].category_id: 8 (expected: the id of one of the cat",
                "\"image_id\": 5, \"category_id\": 7|\"image_id\": 9, \"category_id\": 7|annotations[0].image_id: 9",
                "[1, 2.5, 10, 20]|[1, 2.5, 41, 20]|annotations[0].bbox: [1.0, 2.5, 41.0, 20.0] (expected: [x, y, width,"
                        + " height] within a.png of 40x30)",
                "[1, 2.5, 10, 20]|[-3, 2, 10, 20]|annotations[0].bbox: [-3.0, ",
                "[1, 2.5, 10, 20]|[1, 2, -10, 20]|annotations[0].bbox: [1.0, 2.0, -10.0, ",
                "[1, 2.5, 10, 20]|[1, 2, 10]|annotations[0].bbox: [1.0, 2.0, 10.0] (expected: [x, y, width, height])",
                "\"bbox\": [1, 2.5, 10, 20],||annotations[0].bbox: absent",
                "[1, 2.5, 10, 20]|[1, \"two\", 10, 20]|line 5: annotations[0].bbox[1]: ",
                "150.5|-1|annotations[0].area: -1.0 (expected: a number from 0)",
                "\"iscrowd\": 1|\"iscrowd\": 2|annotations[1].iscrowd: 2 (expected: 0 or 1)",
                "\"id\": 6|\"id\": 5|images[1].id: 5 (expected: an id that no other image has)",
                "\"width\": 40|\"width\": 0|images[0].width: 0 (expected: at least 1)",
                "\"id\": 7|\"id\": 3|categories[1].id: 3 (expected: an id that no other category has)",
                "\"dog\"|\"Traffic-Light\"|categories[1].name: Traffic-Light (expected: a name that no other",
                "\"categories\"|\"classes\"|categories: absent",
                "b.png|c.png|1 of 2 pictures missing, such as c.png (expected: in ",
            })
    void saysWhereAnAnnotationsFileIsWrong(String sound, String wrong, String message) throws Exception {
        assertThat(SOUND).contains(sound);
        write("annotations.json", SOUND.replace(sound, wrong == null ? "" : wrong));

        assertThatThrownBy(() -> read(Split.TEST))
                .isInstanceOf(CocoException.class)
                .hasMessageStartingWith(folder.resolve("annotations.json") + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void aPictureOutsideTheFolderIsMissing() throws Exception {
        write("images/annotations.json", SOUND.replace("a.png", "../a.png"));

        assertThatThrownBy(() -> CocoDataset.read(folder.resolve("images"), Split.TEST))
                .hasMessageContaining("1 of 2 pictures missing, such as ../a.png (expected: in ");
    }

    @Test
    void aBoxMayBeBesideItsPictureByLessThanAPixelAsRoundingMakesThem() throws Exception {
        write("annotations.json", SOUND.replace("[0, 0, 40, 30]", "[-0.4, 0, 40.9, 30.3]"));

        assertThat(read(Split.TEST).pictures().get(0).objects()).hasSize(2);
    }

    @Test
    void saysThatAFileIsNoJsonOrNotThere() throws Exception {
        assertThatThrownBy(() -> CocoDataset.read(folder.resolve("none"), Split.TEST))
                .hasMessageContaining("none: no such folder (expected: one with annotations/instances_*.json");
        assertThatThrownBy(() -> read(Split.TEST)).hasMessageContaining(": no annotations (expected: ");

        for (String damaged : List.of(SOUND.substring(0, 300), "", "null", "[]", SOUND + "}")) {
            write("annotations.json", damaged);
            assertThatThrownBy(() -> read(Split.TEST))
                    .isInstanceOf(CocoException.class)
                    .hasMessageContaining("annotations.json: ")
                    .hasMessageContaining("(expected: ");
        }
    }

    private CocoDataset read(Split split) throws IOException {
        return CocoDataset.read(folder, split);
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
