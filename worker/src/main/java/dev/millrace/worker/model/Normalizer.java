package dev.millrace.worker.model;

import dev.millrace.worker.decode.PixelShape;
import dev.millrace.worker.decode.TensorLayout;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** (pixel - mean) x scale by a table per channel, for graphs that take floats. Belongs to its model's thread. */
final class Normalizer {

    private final int channels;
    private final int imageBytes;
    private final int plane;
    private final boolean planar;
    private final float[][] table;
    private final byte[] pixels;
    private final float[] floats;

    Normalizer(ModelSpec spec) {
        PixelShape shape = spec.pixels();
        channels = shape.channels();
        imageBytes = shape.bytes();
        plane = shape.height() * shape.width();
        planar = shape.layout() == TensorLayout.NCHW;
        table = new float[channels][256];
        for (int c = 0; c < channels; c++) {
            float mean = spec.mean().get(spec.mean().size() == 1 ? 0 : c);
            float scale = spec.scale().get(spec.scale().size() == 1 ? 0 : c);
            for (int p = 0; p < 256; p++) {
                table[c][p] = (p - mean) * scale;
            }
        }
        pixels = new byte[imageBytes];
        floats = new float[imageBytes];
    }

    /** The first {@code n} images of {@code from}, in the tensor's own layout, to {@code into}. */
    void apply(ByteBuffer from, FloatBuffer into, int n) {
        for (int i = 0; i < n; i++) {
            from.get(i * imageBytes, pixels);
            for (int c = 0; c < channels; c++) {
                normalize(c);
            }
            into.put(i * imageBytes, floats);
        }
    }

    private void normalize(int channel) {
        float[] values = table[channel];
        int first = planar ? channel * plane : channel;
        int step = planar ? 1 : channels;
        for (int i = 0, at = first; i < plane; i++, at += step) {
            floats[at] = values[pixels[at] & 0xFF];
        }
    }
}
