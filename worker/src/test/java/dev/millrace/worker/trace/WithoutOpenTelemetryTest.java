package dev.millrace.worker.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.schemas.classpath.WithoutClasses;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** What an application sees that has Millrace on its class path, and not OpenTelemetry. */
class WithoutOpenTelemetryTest {
    @Test
    void thereIsNoTracingAndNothingIsMissing() throws Exception {
        ClassLoader without = new WithoutClasses("io.opentelemetry.", "dev.millrace.worker.");
        assertThatExceptionOfType(ClassNotFoundException.class)
                .isThrownBy(() -> Class.forName("io.opentelemetry.api.GlobalOpenTelemetry", true, without));

        Class<?> tracing = Class.forName(Tracing.class.getName(), true, without);
        Class<?> place = Class.forName(Tracing.Place.class.getName(), true, without);
        Constructor<?> making = place.getDeclaredConstructor(String.class, String.class, String.class);
        making.setAccessible(true);
        Method ofProcess = tracing.getMethod("ofProcess", place);
        assertThat(ofProcess.invoke(null, making.newInstance("group", "results", "dlq")))
                .isSameAs(tracing.getField("NONE").get(null));

        Class<?> worker = Class.forName("dev.millrace.worker.Worker", true, without);
        assertThat(worker.getClassLoader()).isSameAs(without);
        assertThat(worker.getDeclaredMethods()).isNotEmpty();
        assertThat(Class.forName("dev.millrace.worker.lane.Lane", true, without).getDeclaredMethods())
                .isNotEmpty();
        assertThat(Class.forName("dev.millrace.worker.publish.ResultPublisher", true, without)
                        .getDeclaredMethods())
                .isNotEmpty();
    }
}
