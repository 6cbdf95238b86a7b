package dev.millrace.producer.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

/** What an application sees that has Millrace on its class path, and not OpenTelemetry. */
class WithoutOpenTelemetryTest {
    @Test
    void thereIsNoTracingAndNothingIsMissing() throws Exception {
        ClassLoader without = new WithoutOpenTelemetry();
        assertThatExceptionOfType(ClassNotFoundException.class)
                .isThrownBy(() -> Class.forName("io.opentelemetry.api.GlobalOpenTelemetry", true, without));

        Class<?> tracing = Class.forName(Tracing.class.getName(), true, without);
        assertThat(tracing.getMethod("ofProcess").invoke(null))
                .isSameAs(tracing.getField("NONE").get(null));

        Class<?> client = Class.forName("dev.millrace.producer.ImageClient", true, without);
        assertThat(client.getClassLoader()).isSameAs(without);
        assertThat(client.getDeclaredMethods()).isNotEmpty();
    }

    /** Loads Millrace's classes anew, so that what they need is looked for here. */
    private static final class WithoutOpenTelemetry extends ClassLoader {
        WithoutOpenTelemetry() {
            super(WithoutOpenTelemetryTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("io.opentelemetry.")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("dev.millrace.producer.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? define(name) : loaded;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
