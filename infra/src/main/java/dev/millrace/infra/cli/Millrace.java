package dev.millrace.infra.cli;

import dev.millrace.broker.BrokerCommand;
import dev.millrace.infra.demo.DemoCommand;
import dev.millrace.infra.source.DatasetSourceResolver;
import dev.millrace.producer.cli.DlqCommand;
import dev.millrace.producer.cli.FeedbackCommand;
import dev.millrace.producer.cli.ProduceCommand;
import dev.millrace.producer.cli.ResultsCommand;
import dev.millrace.trainer.bundled.BundledModels;
import dev.millrace.trainer.cli.ArchitecturesCommand;
import dev.millrace.trainer.cli.CheckCommand;
import dev.millrace.trainer.cli.EvaluateCommand;
import dev.millrace.trainer.cli.ExportCommand;
import dev.millrace.trainer.cli.GateCommand;
import dev.millrace.trainer.cli.MakeBundledCommand;
import dev.millrace.trainer.cli.ModelsCommand;
import dev.millrace.trainer.cli.ParityCommand;
import dev.millrace.trainer.cli.QuantizeCommand;
import dev.millrace.trainer.cli.TrainCommand;
import dev.millrace.trainer.cli.TrainerServiceCommand;
import dev.millrace.worker.WorkerCommand;
import dev.millrace.worker.cli.InferCommand;
import dev.millrace.worker.cli.StatusCommand;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The {@code millrace} command. */
@Command(
        name = "millrace",
        description =
                "Image inference over Apache Kafka: int8 ONNX models, one pinned thread for each CPU core or GPU.",
        mixinStandardHelpOptions = true,
        versionProvider = Versions.class,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:ok", "1:failed", "2:wrong usage", "3:unhealthy"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace demo",
            "  millrace produce --help",
            "  millrace worker --bootstrap host:9092",
            "",
            "Measure speed, latency, scaling and faults: millrace bench --help.",
            "README.md says what all this is, and leads to a page for each reader.",
        })
public final class Millrace {
    private static final String LOGBACK = "logback.configurationFile";
    private static final String LOG_FORMAT = "millrace.log.format";
    private static final String LOG_FORMAT_OPTION = "--log-format";

    private Millrace() {}

    /** Runs one command line and ends the JVM with its exit code. */
    public static void main(String[] args) {
        configureLogging(args);
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        Failures failures = new Failures();
        CommandLine commandLine = new CommandLine(new Millrace())
                .addSubcommand(new DemoCommand(ChildMain.class.getName()))
                .addSubcommand(new InferCommand(BundledModels::read))
                .addSubcommand(new BrokerCommand())
                .addSubcommand(new TopicsCommand())
                .addSubcommand(new WorkerCommand())
                .addSubcommand(new StatusCommand())
                .addSubcommand(new ProduceCommand(List.of(new DatasetSourceResolver())))
                .addSubcommand(new ResultsCommand())
                .addSubcommand(new DlqCommand())
                .addSubcommand(new FeedbackCommand(List.of(new DatasetSourceResolver())))
                .addSubcommand(new TrainCommand())
                .addSubcommand(new ArchitecturesCommand())
                .addSubcommand(new ExportCommand())
                .addSubcommand(new ParityCommand())
                .addSubcommand(new CheckCommand())
                .addSubcommand(new QuantizeCommand())
                .addSubcommand(new EvaluateCommand())
                .addSubcommand(new GateCommand())
                .addSubcommand(new ModelsCommand())
                .addSubcommand(new MakeBundledCommand())
                .addSubcommand(new TrainerServiceCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures);
        commandLine
                .getHelpSectionMap()
                .put(
                        UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
                        new GroupedCommands()
                                .group("Start here:", "demo", "infer")
                                .group(
                                        "Run the parts apart:",
                                        "broker",
                                        "topics",
                                        "worker",
                                        "trainer",
                                        "status",
                                        "produce",
                                        "results",
                                        "dlq",
                                        "feedback")
                                .group(
                                        "Make and publish models:",
                                        "train",
                                        "architectures",
                                        "export",
                                        "parity",
                                        "check",
                                        "quantize",
                                        "evaluate",
                                        "gate",
                                        "models",
                                        "make-bundled"));
        return commandLine;
    }

    /** Services log for collectors, commands for people. Logback reads the choice once, at the first logger. */
    private static void configureLogging(String[] args) {
        if (System.getProperty(LOGBACK) != null || args.length == 0) {
            return;
        }
        switch (args[0]) {
            case "worker" -> {
                logFormat(args).ifPresent(format -> System.setProperty(LOG_FORMAT, format));
                System.setProperty(LOGBACK, "logback-worker.xml");
            }
            case "broker" -> System.setProperty(LOGBACK, "dev/millrace/broker/logback.xml");
            default -> System.setProperty(LOGBACK, "logback.xml");
        }
    }

    /** What the command line says of the log's form; the worker's own parser checks it. */
    private static Optional<String> logFormat(String[] args) {
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals(LOG_FORMAT_OPTION) && i + 1 < args.length) {
                return Optional.of(args[i + 1]);
            }
            if (args[i].startsWith(LOG_FORMAT_OPTION + "=")) {
                return Optional.of(args[i].substring(LOG_FORMAT_OPTION.length() + 1));
            }
        }
        return Optional.empty();
    }
}
