package dev.millrace.infra.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says, as the build wrote it down. */
final class Versions implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
        Properties versions = new Properties();
        try (InputStream in = Versions.class.getResourceAsStream("versions.properties")) {
            if (in == null) {
                throw new IOException("versions.properties (expected: beside " + Versions.class.getName() + ")");
            }
            versions.load(in);
        }
        return new String[] {
            "millrace " + versions.getProperty("millrace"),
            "Apache Kafka " + versions.getProperty("kafka"),
            "ONNX Runtime " + versions.getProperty("onnxruntime"),
            "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"
        };
    }
}
