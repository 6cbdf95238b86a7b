package dev.millrace.worker.decode;

/** What the channels of an image tensor mean, in order. */
public enum ChannelOrder {
    GREY,
    RGB,
    BGR;

    /** 1 for GREY, else 3. */
    public int channels() {
        return this == GREY ? 1 : 3;
    }
}
