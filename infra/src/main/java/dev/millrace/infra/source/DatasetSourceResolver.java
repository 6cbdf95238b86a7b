package dev.millrace.infra.source;

import dev.millrace.producer.source.ImageSource;
import dev.millrace.producer.source.SourceResolver;
import dev.millrace.trainer.dataset.DatasetSpec;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Lets {@code produce} publish a dataset. A file or folder of such a name is reached as {@code ./fashion-mnist}. */
public final class DatasetSourceResolver implements SourceResolver {
    private static final Pattern DATASET = Pattern.compile("(cifar100?|fashion-mnist|mnist|bundled)(:.*)?");

    @Override
    public String forms() {
        return "bundled:fashion-mnist, fashion-mnist[:DIR], mnist[:DIR], cifar100[:DIR|ARCHIVE], cifar10[:DIR|ARCHIVE]";
    }

    @Override
    public Optional<ImageSource> resolve(String spec) throws IOException {
        if (!DATASET.matcher(spec).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(DatasetSource.load(DatasetSpec.parse(spec)));
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
