package dev.millrace.worker.trace;

import org.apache.kafka.common.header.Headers;

/** The part of a trace in which an answer is on its way to the broker. Never throws. Any thread. */
public interface Publication {
    /** Names it in the headers of the answer, in the place of the request's trace: whoever reads the answer goes on from here. */
    void nameIn(Headers headers);

    /** Everything for the request is acknowledged. */
    void acknowledged();

    /**
     * Not everything was: the request's record will be read again.
     *
     * @param type a word for programs, or a class name
     */
    void failed(String type, String message);
}
