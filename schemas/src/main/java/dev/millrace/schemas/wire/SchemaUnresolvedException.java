package dev.millrace.schemas.wire;

import java.io.Serial;
import org.apache.kafka.common.errors.RetriableException;

/** Whether a value can be read is not known: the registry has not said which schema its id is. To be tried again. */
public final class SchemaUnresolvedException extends RetriableException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int id;

    SchemaUnresolvedException(String message, int id) {
        super(message);
        this.id = id;
    }

    /** The id that the value begins with. */
    public int id() {
        return id;
    }
}
