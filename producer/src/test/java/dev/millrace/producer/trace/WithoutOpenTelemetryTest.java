package dev.millrace.producer.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.schemas.classpath.WithoutClasses;
import org.junit.jupiter.api.Test;

/** What an application sees that has Millrace on its class path, and not OpenTelemetry. */
class WithoutOpenTelemetryTest {
    @Test
    void thereIsNoTracingAndNothingIsMissing() throws Exception {
        ClassLoader without = new WithoutClasses("io.opentelemetry.", "dev.millrace.producer.");
        assertThatExceptionOfType(ClassNotFoundException.class)
                .isThrownBy(() -> Class.forName("io.opentelemetry.api.GlobalOpenTelemetry", true, without));

        Class<?> tracing = Class.forName(Tracing.class.getName(), true, without);
        assertThat(tracing.getMethod("ofProcess").invoke(null))
                .isSameAs(tracing.getField("NONE").get(null));

        Class<?> client = Class.forName("dev.millrace.producer.ImageClient", true, without);
        assertThat(client.getClassLoader()).isSameAs(without);
        assertThat(client.getDeclaredMethods()).isNotEmpty();
    }
}
