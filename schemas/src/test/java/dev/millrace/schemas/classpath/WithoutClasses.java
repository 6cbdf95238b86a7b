package dev.millrace.schemas.classpath;

import java.io.IOException;
import java.io.InputStream;

/** The class path of a test without some of its classes, as an application has it that lacks an optional dependency. */
public final class WithoutClasses extends ClassLoader {
    private final String missing;
    private final String reloaded;

    /**
     * A class loader of its own.
     *
     * @param missing what the names of classes begin with that are not to be found
     * @param reloaded what the names of those begin with that are loaded anew, so that what they need is looked for here
     */
    public WithoutClasses(String missing, String reloaded) {
        super(WithoutClasses.class.getClassLoader());
        this.missing = missing;
        this.reloaded = reloaded;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.startsWith(missing)) {
            throw new ClassNotFoundException(name);
        }
        if (!name.startsWith(reloaded)) {
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
