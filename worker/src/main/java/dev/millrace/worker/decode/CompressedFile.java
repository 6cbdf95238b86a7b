package dev.millrace.worker.decode;

import java.nio.ByteBuffer;

/** The container of a compressed image: its header, and its structure as far as the JDK's reader does not check it. */
sealed interface CompressedFile permits PngFile, JpegFile {

    /** The name of the JDK's reader for it. */
    String format();

    /**
     * The size and orientation in the headers, without looking at any pixel.
     *
     * @throws ImageRejectedException if the header is not there or names a kind of image that is not read
     */
    Header header(ByteBuffer file) throws ImageRejectedException;

    /**
     * Copies to {@code into} (at least as long as the file) what the pixels need and nothing else, so that no text,
     * profile or thumbnail ever reaches a parser, and checks the structure up to the end marker.
     *
     * @return bytes copied
     * @throws ImageRejectedException if the file is truncated or damaged
     */
    int strip(ByteBuffer file, byte[] into) throws ImageRejectedException;

    /** Colours in the palette of the file stripped last; 256 if it has none. The JDK's reader pads short palettes. */
    int colours();
}
