package dev.millrace.trainer.cli;

import dev.millrace.schemas.confluent.RegistryAddress;
import dev.millrace.schemas.wire.WireTerms;
import dev.millrace.trainer.judge.Policy;
import dev.millrace.trainer.retrain.RetrainSpec;
import dev.millrace.trainer.service.EventStream;
import dev.millrace.trainer.service.Judge;
import dev.millrace.trainer.service.ReportFolder;
import dev.millrace.trainer.service.Retrainer;
import dev.millrace.trainer.service.Role;
import dev.millrace.trainer.service.TrainerService;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The trainer as a service, until SIGTERM or Ctrl-C. */
@Command(
        name = "trainer",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        subcommands = TrainerStatusCommand.class,
        description = {
            "Run the trainer as a service, until Ctrl-C or SIGTERM.",
            "Its role judge compares a challenger on trial with the champion, and steps, promotes"
                    + " or rolls back by a policy.",
            "Its role retrain collects labelled images from the stream, and makes a new version of"
                    + " a model when it is asked to, when labels have come, in time, or when answers drift.",
            "Start as many as you like: of each role one acts, the others wait."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace trainer --roles judge --bootstrap localhost:9092 --report reports",
            "  millrace trainer --print-policy > policy.yaml",
            "  millrace trainer --roles judge --policy policy.yaml --json",
            "  millrace trainer --print-retrain > retrain.yaml",
            "  millrace trainer --roles judge,retrain --retrain retrain.yaml \\",
            "      --work retraining",
            "  millrace trainer status --watch"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
public final class TrainerServiceCommand implements Callable<Integer> {
    private static final Duration SHORTEST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final long LOOK_MILLIS = 500;

    /** What a trainer may do. */
    private enum RoleName {
        JUDGE,
        RETRAIN
    }

    private final PublisherKey ownKey = PublisherKey.ofUser();

    @Mixin
    private BrokerOptions broker;

    @Option(
            names = "--registry",
            paramLabel = "URL",
            defaultValue = "${env:MILLRACE_SCHEMA_REGISTRY_URL}",
            description = "schema registry with Confluent's API, to read requests, results and labels in its framing"
                    + " (default: $$MILLRACE_SCHEMA_REGISTRY_URL; credentials before the host, or in"
                    + " $$MILLRACE_SCHEMA_REGISTRY_AUTH)")
    private @Nullable String registry;

    @Option(
            names = "--roles",
            split = ",",
            paramLabel = "ROLE",
            description = "what it does: judge, retrain (default: judge, and retrain with --retrain)")
    private @Nullable List<RoleName> roles;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            description = "when to step, promote and roll back (default: as --print-policy says)")
    private @Nullable Path policyFile;

    @Option(names = "--print-policy", description = "print the policy in effect as a file, and end")
    private boolean printPolicy;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            defaultValue = "2s",
            description = "how often the judge looks (default: 2s)")
    private Duration every;

    @Option(names = "--report", paramLabel = "DIR", description = "the judge writes a page for every trial there")
    private @Nullable Path report;

    @Option(
            names = "--retrain",
            paramLabel = "FILE",
            description = "which model to retrain, when, from what, and what it must hold")
    private @Nullable Path retrainFile;

    @Option(
            names = "--print-retrain",
            description = "print an example of --retrain with every key, or what is in effect of the file that"
                    + " is given, and end")
    private boolean printRetrain;

    @Option(
            names = "--work",
            paramLabel = "DIR",
            defaultValue = "millrace-trainer",
            description =
                    "for images, runs and weights of the role retrain, nobody else's" + " (default: ${DEFAULT-VALUE})")
    private Path work;

    @Mixin
    private final SigningOptions signing = new SigningOptions();

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            description = "serve /events (server-sent events) and /health/live there; 0: a free port (default: none)")
    private @Nullable Integer httpPort;

    @Option(
            names = "--http-host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "default: ${DEFAULT-VALUE}")
    private String httpHost;

    @Option(names = "--json", description = "print one JSON object a line, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (every.compareTo(SHORTEST) < 0 || every.compareTo(LONGEST) > 0) {
            throw new ParameterException(
                    spec.commandLine(), "--every: %d ms (expected: 100ms to 1h)".formatted(every.toMillis()));
        }
        signing.requireSense();
        Map<String, Object> client = client();
        Policy policy = policyFile == null ? Policy.DEFAULT : Policy.read(policyFile);
        if (printPolicy) {
            return print(policy.text());
        }
        RetrainSpec retrain = retrainFile == null ? null : RetrainSpec.read(retrainFile);
        if (printRetrain) {
            return print(retrain == null ? RetrainSpec.example() : retrain.text());
        }
        Set<RoleName> wanted = wanted();
        if (retrain != null) {
            // What would hinder every run should be known before there is one.
            retrain.limits().requireCpus();
            Files.createDirectories(work);
        }
        // A wrong address and missing topics are errors; a broker that goes away later is not.
        broker.registry().read();
        try (EndOfService end = new EndOfService();
                TrainerService service = new TrainerService()) {
            serve(service, client, wanted, policy, retrain);
            while (!end.await(LOOK_MILLIS)) {
                if (service.broken().isDone()) {
                    throw new IllegalStateException(
                            "role: ended", service.broken().get());
                }
            }
        }
        return 0;
    }

    private int print(String text) {
        spec.commandLine().getOut().print(text);
        spec.commandLine().getOut().flush();
        return 0;
    }

    private Set<RoleName> wanted() {
        if (roles != null && roles.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--roles: none (expected: judge or retrain)");
        }
        Set<RoleName> wanted = EnumSet.noneOf(RoleName.class);
        wanted.addAll(roles == null ? List.of(RoleName.JUDGE) : roles);
        if (roles == null && retrainFile != null) {
            wanted.add(RoleName.RETRAIN);
        }
        if (wanted.contains(RoleName.RETRAIN) != (retrainFile != null)) {
            throw new ParameterException(
                    spec.commandLine(),
                    retrainFile == null
                            ? "--roles: retrain without --retrain (expected: with it; --print-retrain shows an example)"
                            : "--retrain: %s (expected: with the role retrain)".formatted(retrainFile));
        }
        return wanted;
    }

    private Map<String, Object> client() {
        Map<String, Object> client = new HashMap<>(broker.client());
        if (registry != null && !registry.isEmpty()) {
            String credentials = System.getenv().getOrDefault("MILLRACE_SCHEMA_REGISTRY_AUTH", "");
            try {
                RegistryAddress.of(registry, credentials, RegistryAddress.DEFAULT_TIMEOUT);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), "--registry: " + e.getMessage(), e);
            }
            client.put(WireTerms.REGISTRY_URL, registry);
            client.put(WireTerms.REGISTRY_AUTH, credentials);
        }
        return client;
    }

    private void serve(
            TrainerService service,
            Map<String, Object> client,
            Set<RoleName> wanted,
            Policy policy,
            @Nullable RetrainSpec retrain)
            throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        EventStream events = service.events();
        List<Role> acting = new ArrayList<>();
        if (wanted.contains(RoleName.JUDGE)) {
            JudgeLines lines = new JudgeLines(out, err, json, events, report == null ? null : new ReportFolder(report));
            acting.add(new Judge(
                    client, broker.topics(), policy, "judge@" + Author.host(), every, Clock.systemUTC(), lines));
            lines.start();
        }
        if (retrain != null) {
            acting.add(new Retrainer(
                    client,
                    broker.topics(),
                    retrain,
                    work,
                    signing.signer(ownKey),
                    Author.host() + "-" + ProcessHandle.current().pid(),
                    "trainer@" + Author.host(),
                    wanted.stream()
                            .map(role -> role.name().toLowerCase(Locale.ROOT))
                            .toList(),
                    Clock.systemUTC(),
                    new RetrainLines(out, err, json, events)));
        }
        if (httpPort != null) {
            int port = service.listen(httpHost, httpPort);
            err.printf("Events at http://%s:%d/events%n", httpHost, port);
            err.flush();
        }
        service.start(acting);
    }
}
