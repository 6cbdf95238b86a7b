package dev.millrace.trainer.cli;

import dev.millrace.schemas.RolloutAction;
import dev.millrace.schemas.RolloutEvent;
import dev.millrace.schemas.TrainerState;
import dev.millrace.schemas.registry.RegistryState.Decision;
import dev.millrace.schemas.topic.ControlKey;
import dev.millrace.trainer.publish.ModelRegistry;
import dev.millrace.trainer.publish.TrainerSeen;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "retrain",
        mixinStandardHelpOptions = true,
        usageHelpWidth = 80,
        sortOptions = false,
        description = {
            "Ask for a new version of a model: the trainer that retrains it begins a run.",
            "It is put on record in any case; the last lines say whether a trainer listens."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace models retrain fashion-mnist --why 'new autumn collection'",
            "  millrace trainer status --watch",
            "  millrace models history fashion-mnist"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls.
final class ModelsRetrainCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "NAME", description = "model name")
    private String name;

    @Option(names = "--why", required = true, paramLabel = "TEXT", description = "why, for people")
    private String why;

    @Option(names = "--new", description = "the model need not be on record: the run makes its first version")
    private boolean first;

    @Mixin
    private BrokerOptions broker;

    @Option(names = "--json", description = "print one JSON object, nothing else, on stdout")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /**
     * What was asked for, as {@code --json} prints it.
     *
     * @param champion the version to go on from; 0: none
     * @param listening ids of the trainers that are alive and retrain this model
     */
    private record AskedLine(
            String model, int champion, String why, String askedAt, String askedBy, List<String> listening) {
        AskedLine {
            listening = List.copyOf(listening);
        }
    }

    @Override
    public Integer call() throws Exception {
        ControlKey.requireModelName(name);
        ModelRegistry registry = broker.registry();
        Decision decision = registry.read().decision(name);
        if (decision == null && !first) {
            throw new IOException("model: %s (expected: one on record, see `models list`; --new for a first version)"
                    .formatted(name));
        }
        int champion = decision == null ? 0 : decision.rollout().getChampion();
        RolloutEvent asked = RolloutEvent.newBuilder()
                .setModel(name)
                .setAction(RolloutAction.RETRAIN_ASKED)
                .setVersion(champion)
                .setChampion(champion)
                .setDecidedAt(Instant.now().truncatedTo(ChronoUnit.MILLIS))
                .setDecidedBy(Author.here())
                .setReason(why)
                .build();
        registry.tell(asked);
        List<TrainerSeen> listening = registry.trainers().stream()
                .filter(trainer -> trainer.isAlive(Instant.now(), TrainerSeen.PATIENCE) && trainer.retrains(name))
                .toList();
        spec.commandLine().getOut().print(json ? line(asked, listening) : text(asked, listening));
        spec.commandLine().getOut().flush();
        return 0;
    }

    private static String line(RolloutEvent asked, List<TrainerSeen> listening) {
        return JsonLine.of(new AskedLine(
                        asked.getModel(),
                        asked.getChampion(),
                        asked.getReason(),
                        asked.getDecidedAt().toString(),
                        asked.getDecidedBy(),
                        listening.stream()
                                .map(trainer -> trainer.status().getTrainer())
                                .toList()))
                + System.lineSeparator();
    }

    private static String text(RolloutEvent asked, List<TrainerSeen> listening) {
        StringBuilder text = new StringBuilder();
        text.append("%s: retraining is asked for, %s%n"
                .formatted(
                        asked.getModel(),
                        asked.getChampion() == 0 ? "its first version" : "from version " + asked.getChampion()));
        if (listening.isEmpty()) {
            text.append(
                    "No trainer that retrains it is alive: nothing happens until one starts%n(see `millrace trainer --help`).%n"
                            .formatted());
        }
        for (TrainerSeen trainer : listening) {
            text.append("Trainer %s %s.%n"
                    .formatted(
                            trainer.status().getTrainer(), does(trainer.status().getState())));
        }
        return text.toString();
    }

    private static String does(TrainerState state) {
        return switch (state) {
            case WATCHING -> "listens";
            case RETRAINING -> "listens, and has a run at work";
            case STANDBY -> "stands by for the one that leads";
        };
    }
}
