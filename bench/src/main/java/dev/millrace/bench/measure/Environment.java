package dev.millrace.bench.measure;

import dev.millrace.trainer.export.GitCommit;
import dev.millrace.worker.model.CpuPin;
import dev.millrace.worker.model.OnnxRuntime;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * What a measurement was taken on.
 *
 * @param at when it began
 * @param commit of the work tree that this process was started in; empty where there is none
 * @param cpu as the kernel names it
 * @param cpus how many of them this process may use
 * @param memoryMib of the machine
 * @param load processes that ran or wanted to, on average over the minute before
 * @param versions of what takes part
 */
public record Environment(
        String at,
        String commit,
        String system,
        String cpu,
        int cpus,
        long memoryMib,
        double load,
        String java,
        Map<String, String> versions) {
    /** Copies the versions. */
    public Environment {
        versions = Map.copyOf(versions);
    }

    /** This machine, now. */
    public static Environment here() throws InterruptedException {
        Map<String, String> versions = new TreeMap<>();
        versions.put("kafka-clients", kafkaVersion());
        versions.put("onnxruntime", OnnxRuntime.environment().getVersion());
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new Environment(
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                GitCommit.of(Path.of("")).orElse(""),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch"),
                cpuName(),
                CpuPin.allowed().cardinality(),
                system.getTotalMemorySize() >> 20,
                system.getSystemLoadAverage(),
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                versions);
    }

    private static String kafkaVersion() {
        Properties properties = new Properties();
        try (InputStream in = KafkaConsumer.class.getResourceAsStream("/kafka/kafka-version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            return "unknown";
        }
        return properties.getProperty("version", "unknown");
    }

    private static String cpuName() {
        try {
            return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
