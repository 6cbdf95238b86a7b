package dev.millrace.trainer.net;

/** The shape of what an operation makes of one image; after the pooling at the end 1x1. */
record FeatureMap(int channels, int height, int width) {
    FeatureMap withChannels(int count) {
        return new FeatureMap(count, height, width);
    }

    /**
     * What a square window that moves over this map makes.
     *
     * @throws IllegalArgumentException when the window is larger than the map
     */
    FeatureMap window(String name, int outChannels, int kernel, int stride, Padding padding) {
        int down = height + padding.top() + padding.bottom() - kernel;
        int across = width + padding.left() + padding.right() - kernel;
        if (down < 0 || across < 0) {
            throw new IllegalArgumentException("%s: reads %dx%d (expected: at least %dx%d; take larger images)"
                    .formatted(name, height, width, kernel, kernel));
        }
        return new FeatureMap(outChannels, down / stride + 1, across / stride + 1);
    }
}
