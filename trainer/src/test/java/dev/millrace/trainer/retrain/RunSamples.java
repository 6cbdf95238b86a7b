package dev.millrace.trainer.retrain;

import dev.millrace.trainer.Samples;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.export.ExportOptions;
import dev.millrace.trainer.export.InputKind;
import dev.millrace.trainer.export.OnnxExport;
import dev.millrace.trainer.export.Opset;
import dev.millrace.trainer.onnx.OnnxFile;
import dev.millrace.trainer.replay.ReplayImages;
import dev.millrace.trainer.weights.TrainedNet;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Inputs of small runs: the bundled images as base data, others of them upside down as what the stream has taught. */
public final class RunSamples {
    public static final Instant AT = Instant.parse("2026-01-02T03:04:05Z");

    private RunSamples() {}

    /** Four IDX files with so many training images, of which a tenth is for validation; gives its spec. */
    public static String baseData(Path folder, int images) throws IOException {
        LabelledImages all = bundled().test();
        Files.createDirectories(folder);
        write(part(all, 0, images), folder, "train");
        write(part(all, images, images + 20), folder, "t10k");
        return "fashion-mnist:" + folder;
    }

    private static void write(LabelledImages images, Path folder, String name) throws IOException {
        int bytes = images.shape().bytes();
        ByteBuffer pixels = ByteBuffer.allocate(16 + images.size() * bytes)
                .putInt(0x803)
                .putInt(images.size())
                .putInt(images.shape().height())
                .putInt(images.shape().width());
        ByteBuffer labels = ByteBuffer.allocate(8 + images.size()).putInt(0x801).putInt(images.size());
        for (int i = 0; i < images.size(); i++) {
            pixels.put(images.image(i));
            labels.put((byte) images.label(i));
        }
        Files.write(folder.resolve(name + "-images-idx3-ubyte"), pixels.array());
        Files.write(folder.resolve(name + "-labels-idx1-ubyte"), labels.array());
    }

    public static Dataset bundled() throws IOException {
        return DatasetSpec.parse("bundled:fashion-mnist").load();
    }

    /** From the end of the bundled images, upside down. */
    static ReplayImages replayed(int train, int heldOut) throws IOException {
        LabelledImages all = bundled().test();
        int from = all.size() - train - heldOut;
        return new ReplayImages(
                bundled().classes(),
                upsideDown(part(all, from, from + train)),
                upsideDown(part(all, from + train, all.size())));
    }

    private static LabelledImages part(LabelledImages images, int from, int to) {
        return images.select(IntStream.range(from, to).toArray());
    }

    private static LabelledImages upsideDown(LabelledImages images) {
        int height = images.shape().height();
        int row = images.shape().bytes() / height;
        byte[] pixels = new byte[images.size() * images.shape().bytes()];
        int[] labels = new int[images.size()];
        for (int i = 0; i < images.size(); i++) {
            byte[] image = images.image(i);
            labels[i] = images.label(i);
            for (int y = 0; y < height; y++) {
                System.arraycopy(image, (height - 1 - y) * row, pixels, i * image.length + y * row, row);
            }
        }
        return LabelledImages.of(images.shape(), pixels, labels);
    }

    /** An untrained champion; its float weights are in the store if there is one. */
    static Champion champion(@Nullable Weights weights, Path temp) throws IOException {
        TrainedNet net = Samples.randomNet(5);
        Champion champion = new Champion(1, OnnxExport.export(net, "m").toByteArray());
        if (weights != null) {
            Path file = temp.resolve("champion.safetensors");
            net.save(file);
            weights.keep(champion.sha256(), file);
        }
        return champion;
    }

    /** A run in its folder that has begun without a champion and has a candidate, of an untrained net. */
    public static RetrainRun withCandidate(Path runs, String id, RetrainSpec spec) throws IOException {
        RetrainRun run =
                new Runs(runs, new Weights(runs.resolve("none"))).begin(beginning(id, spec, null, replayed(8, 2)));
        TrainedNet net = Samples.randomNet(5);
        ExportOptions options = new ExportOptions(run.model(), InputKind.UINT8, Opset.DEFAULT, run.lineage());
        net.save(run.output(Step.TRAIN));
        for (Step step : List.of(Step.EXPORT, Step.QUANTIZE)) {
            OnnxFile.write(OnnxExport.export(net, options), run.output(step));
        }
        Files.writeString(run.output(Step.PARITY), "{}");
        run.passed(List.of());
        return run;
    }

    public static RetrainSpec spec(String dataset, String more) throws IOException {
        return RetrainSpec.parse("""
                model: m
                architecture: resnet-micro
                base: {dataset: "%s"}
                """.formatted(dataset) + more, "retrain.yaml");
    }

    static Beginning beginning(String run, RetrainSpec spec, @Nullable Champion champion, ReplayImages replayed) {
        return new Beginning(run, spec, "2,000 labels", AT, champion, replayed);
    }
}
