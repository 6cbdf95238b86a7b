package dev.millrace.worker.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** What an application sees that has Millrace on its class path, and not OpenTelemetry. */
class WithoutOpenTelemetryTest {
    @Test
    void thereIsNoTracingAndNothingIsMissing() throws Exception {
        ClassLoader without = new WithoutOpenTelemetry();
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
            if (!name.startsWith("dev.millrace.worker.")) {
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
