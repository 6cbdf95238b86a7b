package dev.millrace.bench.bed;

import dev.millrace.schemas.ImageRequest;
import java.io.IOException;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * How somebody who answers requests is asked, and how the answers read. Their records have the request's id as their key; ids are
 * decimal numbers. One thread asks, and one reads.
 */
public interface Dialect {
    /** The value of a request's record. */
    byte[] request(ImageRequest request);

    /**
     * Reads an answer.
     *
     * @throws IOException when it is no label
     */
    Answer answer(ConsumerRecord<byte[], byte[]> record) throws IOException;

    /**
     * An answer.
     *
     * @param number of the request
     * @param completedMicros since the epoch, when it was complete
     * @param best index of the best class; -1: the model has none
     * @param score of that class, of whatever kind who answers gives
     * @param images in the session run that it came from; 0: does not say
     * @param stageMicros how long what took, by name, if it says
     */
    record Answer(
            long number, long completedMicros, int best, double score, int images, Map<String, Long> stageMicros) {
        /** Copies the map. */
        public Answer {
            stageMicros = Map.copyOf(stageMicros);
        }
    }
}
