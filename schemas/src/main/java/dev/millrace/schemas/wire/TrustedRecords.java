package dev.millrace.schemas.wire;

import dev.millrace.schemas.ImageRequest;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;

/**
 * Lets Avro instantiate Millrace's generated records. Since 1.12.2 Avro refuses generated classes that nobody has
 * declared trusted.
 */
public final class TrustedRecords {
    private static final String PACKAGE = ImageRequest.class.getPackageName();

    private TrustedRecords() {}

    /**
     * Adds Millrace's records to whatever the host application trusts already. {@link WireCodec} does this by itself;
     * call it only before using a generated class's own decoder or builder.
     */
    public static synchronized void install() {
        ClassSecurityPredicate host = ClassSecurityValidator.getGlobal();
        if (!host.isTrusted(ImageRequest.class)) {
            ClassSecurityValidator.setGlobal(ClassSecurityValidator.composite(
                    host, type -> type.getPackageName().equals(PACKAGE)));
        }
    }
}
