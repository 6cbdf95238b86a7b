package dev.millrace.trainer.dataset;

import dev.millrace.worker.decode.Resizing;
import java.security.MessageDigest;

/** Where images come from, by position. All have one shape. Any thread may read, several at a time. */
sealed interface Pixels permits PixelArray, PictureFiles, ResizedPixels, JoinedPixels {
    ImageShape shape();

    /** How images came to be of that shape, and how others are to, when a model that has learned from these is to look at them. */
    Resizing resizing();

    /** Copies image {@code i}, HWC, to {@code into} from byte {@code at} on. */
    void copy(int i, byte[] into, int at);

    /** Adds what identifies image {@code i}. */
    void digest(int i, MessageDigest into);
}
