package dev.millrace.worker.cli;

import dev.millrace.worker.http.Status;
import dev.millrace.worker.http.StatusJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code status}: what one running worker does, from its {@code /status}. */
@Command(
        name = "status",
        description = "Show what a running worker does.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:it serves", "1:no worker answers", "2:wrong usage", "3:it runs and does not serve"},
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace status",
            "  millrace status --url http://10.0.0.7:8081 --json",
        })
public final class StatusCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String SERVING = "SERVING";
    private static final int UNHEALTHY = 3;

    @Spec
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private CommandSpec command;

    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "http://127.0.0.1:8081",
            description = "Where the worker listens. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // Set by picocli before call().
    private URI url;

    @Option(names = "--json", description = "Print the worker's JSON and nothing else.")
    private boolean json;

    /** Made by picocli, or by the command that has this one as a subcommand. */
    public StatusCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = command.commandLine().getOut();
        try {
            String body = fetch();
            Status status = StatusJson.read(body);
            if (json) {
                out.println(body);
                out.flush();
            } else {
                new StatusTable(out).print(status);
            }
            return status.state().equals(SERVING) ? ExitCode.OK : UNHEALTHY;
        } catch (IOException e) {
            String what = e.getMessage() == null ? e.toString() : e.getMessage();
            command.commandLine()
                    .getErr()
                    .println("url: " + url + " (expected: that of a running worker; " + what + ")");
            return ExitCode.SOFTWARE;
        }
    }

    private String fetch() throws IOException, InterruptedException {
        HttpRequest request;
        try {
            request = HttpRequest.newBuilder(url.resolve("/status"))
                    .timeout(PATIENCE)
                    .build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(
                    command.commandLine(),
                    "--url: " + url + " (expected: http://HOST:PORT; " + e.getMessage() + ")",
                    e);
        }
        HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("it answered " + answer.statusCode());
        }
        return answer.body();
    }
}
