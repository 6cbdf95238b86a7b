package dev.millrace.infra.source;

import dev.millrace.producer.OutgoingImage;
import dev.millrace.producer.source.ImageSource;
import dev.millrace.producer.source.SourceImage;
import dev.millrace.producer.source.SourceLabels;
import dev.millrace.trainer.cli.DownloadProgress;
import dev.millrace.trainer.dataset.Dataset;
import dev.millrace.trainer.dataset.DatasetException;
import dev.millrace.trainer.dataset.DatasetSpec;
import dev.millrace.trainer.dataset.LabelledImages;
import dev.millrace.trainer.dataset.Split;
import dev.millrace.trainer.dataset.WantedShape;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** The test images of a dataset as raw pixels, height x width x channels, in the dataset's order; request ids say which. */
public final class DatasetSource implements ImageSource {
    private final DatasetSpec spec;
    private final List<String> classes;
    private final LabelledImages images;
    private final SourceLabels labels;

    private DatasetSource(DatasetSpec spec, List<String> classes, LabelledImages images) {
        this.spec = spec;
        this.classes = classes;
        this.images = images;
        labels = new SourceLabels(
                spec.name(),
                IntStream.range(0, images.size())
                        .mapToObj(index -> classes.get(images.label(index)))
                        .toList());
    }

    /**
     * Loads the test images.
     *
     * @throws DatasetException when the dataset is missing or malformed, or has none
     */
    public static DatasetSource load(DatasetSpec spec) throws IOException {
        Dataset dataset = spec.load(WantedShape.OWN, DownloadProgress.onTerminal());
        return new DatasetSource(spec, dataset.classes(), dataset.images(Split.TEST));
    }

    /** The first {@code n} images of it. */
    public DatasetSource first(int n) {
        return new DatasetSource(spec, classes, images.first(n));
    }

    /** Class names by true label. */
    public List<String> classes() {
        return classes;
    }

    @Override
    public String name() {
        return spec.toString();
    }

    @Override
    public SourceLabels labels() {
        return labels;
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(images.size());
    }

    @Override
    public Iterator<SourceImage> iterator() {
        return IntStream.range(0, images.size())
                .<SourceImage>mapToObj(RawImage::new)
                .iterator();
    }

    private final class RawImage implements SourceImage {
        private final int index;

        RawImage(int index) {
            this.index = index;
        }

        @Override
        public String name() {
            return spec + "[" + index + "]";
        }

        @Override
        public OptionalInt label() {
            return OptionalInt.of(images.label(index));
        }

        @Override
        public OutgoingImage read() {
            return OutgoingImage.raw(
                            images.image(index),
                            images.shape().width(),
                            images.shape().height(),
                            images.shape().channels())
                    .withRequestId(labels.requestId(index));
        }
    }
}
