package dev.millrace.worker.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import com.sun.jna.Function;
import com.sun.jna.Platform;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process's one ONNX Runtime environment, with telemetry off. Whoever uses ONNX Runtime beside Millrace in the same
 * JVM gets its environment here too: the first one made decides.
 *
 * <p>ONNX Runtime 1.29 (its pull request 27379) reports to its vendor by default on Linux and macOS as well, keeps a
 * database and a log file for that, and matches the process's whole command line by recursion: one of some ten
 * kilobytes, such as a long class path, overflows the stack and ends the JVM. Nothing of it starts when
 * {@value #SWITCH} is in the process's environment by the time the ONNX Runtime environment is made. So it is put
 * there, unless whoever started the process already gave it a value: that choice stands.
 */
public final class OnnxRuntime {

    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntime.class);
    private static final String SWITCH = "ORT_DISABLE_TELEMETRY";

    private static final Pattern PREAMBLE = Pattern.compile(
            "^Error code - \\w+ - message: ((Exception during initialization: )?/\\S+:\\d+ .*?\\) (?=[A-Z]))?",
            Pattern.DOTALL);

    private OnnxRuntime() {}

    /** Made on the first call, by whichever thread that is. */
    public static OrtEnvironment environment() {
        return Holder.ENVIRONMENT;
    }

    /** Why ONNX Runtime refuses something, without the code and the place in its source that its messages begin with. */
    public static String reason(OrtException e) {
        return PREAMBLE.matcher(String.valueOf(e.getMessage())).replaceFirst("").strip();
    }

    private static final class Holder {
        private static final OrtEnvironment ENVIRONMENT = create();
    }

    private static OrtEnvironment create() {
        boolean ours = System.getenv(SWITCH) == null;
        if (ours && !Platform.isWindows()) {
            setEnvironmentVariable();
        }
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        NativeFolder.deleteAtExit();
        if (ours) {
            stopEvents(environment);
        }
        return environment;
    }

    /** By C's own setenv: Java's map of the environment is a copy that native code never reads. */
    private static void setEnvironmentVariable() {
        try {
            Function.getFunction("c", "setenv").invokeInt(new Object[] {SWITCH, "1", 0});
        } catch (LinkageError | RuntimeException e) {
            LOG.warn("{}=1 could not be set, set it before the start to keep ONNX Runtime from reporting", SWITCH, e);
        }
    }

    /** Windows reports by system traces, which only this call stops. */
    private static void stopEvents(OrtEnvironment environment) {
        try {
            environment.setTelemetry(false);
        } catch (OrtException e) {
            LOG.warn("ONNX Runtime's telemetry could not be switched off", e);
        }
    }
}
