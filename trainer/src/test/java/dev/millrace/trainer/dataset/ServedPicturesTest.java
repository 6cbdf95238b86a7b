package dev.millrace.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.net.Architecture;
import dev.millrace.trainer.weights.TrainedNet;
import dev.millrace.worker.decode.DecodeLimits;
import dev.millrace.worker.decode.EncodedImage;
import dev.millrace.worker.decode.Resizing;
import dev.millrace.worker.infer.Predictor;
import dev.millrace.worker.model.DeviceRequest;
import dev.millrace.worker.model.LoadedModel;
import dev.millrace.worker.model.ModelProperties;
import dev.millrace.worker.model.ModelSpec;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model has learned from is what it is given when it serves: the same file, the same tensor. */
class ServedPicturesTest {
    private static final ImageShape SHAPE = new ImageShape(20, 24, 3);
    private static final int[][] SIZES = {{37, 23}, {24, 20}, {9, 61}, {300, 200}};

    @TempDir
    private Path root = Path.of("");

    @Test
    void aModelServesTheTensorsThatItHasLearnedFrom() throws Exception {
        writePictures();
        for (WantedShape wanted : List.of(
                WantedShape.exactly(SHAPE),
                WantedShape.exactly(
                        SHAPE, new Resizing(Resizing.Fit.LETTERBOX, Resizing.Filter.BILINEAR_ANTIALIAS, 114)),
                WantedShape.exactly(SHAPE, new Resizing(Resizing.Fit.CROP, Resizing.Filter.BICUBIC_ANTIALIAS, 0)))) {
            Dataset data = DatasetSpec.parse("images:" + root).load(wanted, DownloadListener.NONE);
            LabelledImages learned = data.images(Split.TRAIN);
            byte[] onnx = OnnxExport.export(net(learned), "served").toByteArray();
            ModelSpec spec = ModelSpec.describe(onnx);
            assertThat(spec.resizing()).isEqualTo(wanted.resizing());
            try (LoadedModel model = LoadedModel.load(onnx, spec, DeviceRequest.ANY_CPU, 1)) {
                Predictor predictor = new Predictor(model, 1, DecodeLimits.DEFAULT);
                List<Path> files = PictureFiles.under(root);
                for (int i = 0; i < learned.size(); i++) {
                    predictor.decode(EncodedImage.ofFile(files.get(learned.id(i))), 0);
                    ByteBuffer planes = ByteBuffer.allocate(SHAPE.bytes());
                    learned.putPlanes(i, planes);
                    byte[] served = new byte[SHAPE.bytes()];
                    model.pixels().get(0, served);
                    assertThat(served)
                            .as("%s, %s", files.get(learned.id(i)), wanted)
                            .isEqualTo(planes.array());
                }
            }
        }
    }

    /** As training leaves it. */
    private static TrainedNet net(LabelledImages images) throws Exception {
        TrainedNet net = Samples.randomNet(Architecture.RESNET_MICRO.network(SHAPE, 10), 7);
        Map<String, String> lineage = new TreeMap<>(net.lineage());
        lineage.putAll(ModelProperties.of(images.resizing()));
        return new TrainedNet(net.network(), net.normalization(), net.labels(), net.weights(), lineage);
    }

    private void writePictures() throws Exception {
        Random random = new Random(3);
        for (int i = 0; i < 12; i++) {
            int[] size = SIZES[i % SIZES.length];
            BufferedImage picture = new BufferedImage(
                    size[0], size[1], i % 3 == 0 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR);
            for (int y = 0; y < size[1]; y++) {
                for (int x = 0; x < size[0]; x++) {
                    picture.setRGB(x, y, random.nextInt());
                }
            }
            String format = i % 2 == 0 ? "png" : "jpg";
            Path file = root.resolve("picture-%02d.%s".formatted(i, format));
            Files.createDirectories(root);
            assertThat(ImageIO.write(picture, format, file.toFile())).isTrue();
        }
    }
}
