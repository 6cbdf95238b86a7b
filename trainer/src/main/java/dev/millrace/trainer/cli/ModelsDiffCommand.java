package dev.millrace.trainer.cli;

import dev.millrace.schemas.GoldenVector;
import dev.millrace.schemas.ModelManifest;
import dev.millrace.schemas.registry.RegistryState;
import dev.millrace.trainer.publish.PublishedVersion;
import dev.millrace.trainer.rollout.VersionName;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "diff",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = "Show what the manifests of two versions say differently.",
        footerHeading = "%nExample:%n",
        footer = "  millrace models diff fashion-mnist champion latest")
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsDiffCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = "A",
            converter = VersionNameConverter.class,
            description = VersionNameConverter.FORMS)
    private VersionName first;

    @Parameters(
            index = "2",
            paramLabel = "B",
            converter = VersionNameConverter.class,
            description = "the version to compare it with, likewise")
    private VersionName second;

    @Mixin
    private BrokerOptions broker;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** What one field says in either manifest; null where it says nothing. */
    private record Difference(
            String field, @Nullable String a, @Nullable String b) {}

    private record Differences(String model, int a, int b, List<Difference> differences) {}

    @Override
    public Integer call() throws Exception {
        RegistryState state = broker.registry().read();
        ModelManifest a = manifest(state, first.in(state, name));
        ModelManifest b = manifest(state, second.in(state, name));
        List<Difference> differences = differences(fields(a), fields(b));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JsonLine.of(new Differences(name, a.getVersion(), b.getVersion(), differences)));
            return 0;
        }
        out.printf("%s: version %d, then version %d%n", name, a.getVersion(), b.getVersion());
        if (differences.isEmpty()) {
            out.println("  no difference");
        }
        for (Difference difference : differences) {
            out.printf("  %s%n", difference.field());
            print("-", difference.a(), out);
            print("+", difference.b(), out);
        }
        return 0;
    }

    private static void print(String sign, @Nullable String value, PrintWriter out) {
        if (value != null) {
            out.printf("    %s %s%n", sign, value);
        }
    }

    private ModelManifest manifest(RegistryState state, int version) throws IOException {
        return PublishedVersion.read(state, name, version)
                .map(PublishedVersion::manifest)
                .orElseThrow(() -> new IOException(
                        "manifest: of %s version %d (expected: one that can be read)".formatted(name, version)));
    }

    private static List<Difference> differences(Map<String, String> a, Map<String, String> b) {
        Map<String, String> all = new TreeMap<>(a);
        all.putAll(b);
        return all.keySet().stream()
                .filter(field -> !Objects.equals(a.get(field), b.get(field)))
                .map(field -> new Difference(field, a.get(field), b.get(field)))
                .toList();
    }

    private static String golden(List<GoldenVector> vectors) {
        return vectors.stream()
                .map(vector -> "%s within %s".formatted(vector.getLogits(), vector.getTolerance()))
                .collect(Collectors.joining("; "));
    }

    private static Map<String, String> fields(ModelManifest manifest) {
        Map<String, String> fields = new TreeMap<>();
        fields.put("task", manifest.getTask().toString());
        fields.put("input", manifest.getInput().toString());
        fields.put("output", manifest.getOutputTensor());
        fields.put("outputs", manifest.getOutputs().toString());
        manifest.getHead().forEach((parameter, value) -> fields.put("head." + parameter, value));
        fields.put("labels", String.join(", ", manifest.getLabels()));
        fields.put("precision", manifest.getPrecision());
        fields.put("artifact", manifest.getArtifact());
        fields.put("bytes", "%,d".formatted(manifest.getBytes()));
        fields.put("sha256", manifest.getSha256());
        fields.put("golden", golden(manifest.getGolden()));
        fields.put("max latency", manifest.getMaxLatencyMs() + " ms");
        fields.put("made", manifest.getCreatedAt().toString());
        manifest.getMetrics().forEach((metric, value) -> fields.put("metrics." + metric, value.toString()));
        manifest.getLineage().forEach((key, value) -> fields.put("lineage." + key, value));
        return fields;
    }
}
