package dev.millrace.producer.trace;

import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells traces of requests that are sent. Never throws. Thread-safe. */
@FunctionalInterface
public interface Tracing {
    /** Traces nothing. */
    Tracing NONE = (message, requestId, done) -> done;

    /**
     * A request is sent now. Its trace, which goes on from the calling thread's, is named in the headers of {@code message}.
     *
     * @return to be called back in the place of {@code done}, which it calls
     */
    Callback sending(ProducerRecord<?, ?> message, String requestId, Callback done);

    /** That of the process, if it has OpenTelemetry and somebody has set it up; else {@link #NONE}. */
    static Tracing ofProcess() {
        Logger log = LoggerFactory.getLogger(Tracing.class);
        try {
            // By name: without the library this class must load all the same.
            Class.forName("io.opentelemetry.api.GlobalOpenTelemetry", false, Tracing.class.getClassLoader());
            return OpenTelemetrySpans.ofProcess();
        } catch (ClassNotFoundException e) {
            log.debug("no traces: opentelemetry-api is not on the class path");
        } catch (LinkageError | RuntimeException e) {
            log.warn("no traces: OpenTelemetry cannot be used (expected: opentelemetry-api 1.57 or newer)", e);
        }
        return NONE;
    }
}
