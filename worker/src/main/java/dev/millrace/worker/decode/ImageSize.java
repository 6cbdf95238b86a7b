package dev.millrace.worker.decode;

/** Columns, rows and channels (1 or 3) of an image once decoded. */
record ImageSize(int width, int height, int channels) {

    int bytes() {
        return width * height * channels;
    }

    @Override
    public String toString() {
        return width + "x" + height + "x" + channels;
    }
}
