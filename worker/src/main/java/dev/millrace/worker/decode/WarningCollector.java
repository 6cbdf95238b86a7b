package dev.millrace.worker.decode;

import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import org.jspecify.annotations.Nullable;

/** Keeps the first warning of a read. */
final class WarningCollector implements IIOReadWarningListener {

    private @Nullable String first;

    @Override
    public void warningOccurred(ImageReader source, String warning) {
        if (first == null) {
            first = warning;
        }
    }

    @Nullable
    String first() {
        return first;
    }

    void clear() {
        first = null;
    }
}
