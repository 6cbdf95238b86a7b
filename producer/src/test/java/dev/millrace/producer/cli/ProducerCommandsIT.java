package dev.millrace.producer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.broker.KafkaBroker;
import dev.millrace.producer.ClientConfig;
import dev.millrace.producer.EchoWorker;
import dev.millrace.schemas.DetectedBox;
import dev.millrace.schemas.ImageEncoding;
import dev.millrace.schemas.ImageRequest;
import dev.millrace.schemas.InferenceResult;
import dev.millrace.schemas.topic.TopicProvisioner;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ProducerCommandsIT {
    @RegisterExtension
    static final KafkaBroker BROKER = new KafkaBroker();

    @TempDir
    Path folder;

    private final List<Process> children = new ArrayList<>();
    private ClientConfig config = ClientConfig.of("set by each test");

    @BeforeEach
    void createTopics() throws Exception {
        config = ClientConfig.of(BROKER.bootstrapServers()).withTopicPrefix(KafkaBroker.freshPrefix());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", config.bootstrapServers()))) {
            new TopicProvisioner(admin).createMissing(config.topics().catalogue(2, (short) 1));
        }
    }

    @AfterEach
    void endWhatAFailedTestLeft() {
        children.forEach(Process::destroyForcibly);
    }

    @Test
    void producesAFolderAndAwaitsEveryAnswer() throws Exception {
        images(12);
        try (EchoWorker worker = EchoWorker.start(config)) {
            CommandRun run = produce("--await", "--model", "shoes", "--key", "k", "--deadline", "500ms", "--json");

            assertThat(run.err()).isEmpty();
            assertThat(run.code()).isZero();
            assertThat(run.outLines()).hasSize(1);
            JsonNode summary = new JsonMapper().readTree(run.out());
            assertThat(summary.get("published").asLong()).isEqualTo(12);
            assertThat(summary.get("ok").asLong()).isEqualTo(12);
            assertThat(summary.get("unanswered").asLong()).isZero();
            assertThat(summary.get("images_per_second").asDouble()).isPositive();
            assertThat(worker.seen()).hasSize(12).allSatisfy(request -> {
                assertThat(request.getEncoding()).isEqualTo(ImageEncoding.PNG);
                assertThat(request.getModel()).isEqualTo("shoes");
                assertThat(request.getDeadline())
                        .isEqualTo(request.getCreatedAt().plusMillis(500));
            });
        }
    }

    @Test
    void drawsWhatADetectorFoundOnTheImagesThatItWasAsked() throws Exception {
        images(3);
        Path out = folder.resolveSibling(folder.getFileName() + "-drawn");
        try (EchoWorker worker = EchoWorker.start(
                config, batch -> batch.stream().map(ProducerCommandsIT::found).toList())) {
            CommandRun run = produce("--await", "--draw", out.toString());

            assertThat(run.err()).isEmpty();
            assertThat(run.code()).isZero();
            assertThat(run.outLines()).hasSize(3).last().isEqualTo("found         shoe 3");
            assertThat(worker.seen()).hasSize(3);
        }
        for (String name : List.of("000.png", "001.png", "002.png")) {
            BufferedImage picture = ImageIO.read(out.resolve(name).toFile());
            // The left edge of the box is in colour, what is beside it black as it was.
            int x = picture.getWidth() / 4;
            int y = picture.getHeight() / 2;
            assertThat(picture.getRGB(x, y) & 0xFFFFFF).as(name).isNotZero();
            assertThat(picture.getRGB(x / 2, y) & 0xFFFFFF).as(name).isZero();
        }
    }

    @Test
    void drawsNothingThatItDoesNotAwait() throws Exception {
        images(1);
        CommandRun run = produce("--draw", folder.resolve("x.png").toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--draw: without --await (expected: with it)");
    }

    private static byte[] found(ImageRequest request) {
        InferenceResult result = EchoWorker.result(request.getRequestId());
        result.setLabels(List.of());
        result.setBoxes(List.of(new DetectedBox(0, "shoe", 0.9f, 2f, 2f, 4f, 4f)));
        result.setCounts(Map.of("shoe", 1));
        return EchoWorker.encode(result);
    }

    @Test
    void leavesOutTheUnreadableImageOnly() throws Exception {
        images(3);
        Path broken = Files.writeString(folder.resolve("001-broken.png"), "not a PNG");

        CommandRun run = produce();

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines()).containsExactly(broken + ": not an image (expected: a PNG or JPEG file)");
        assertThat(run.outLines()).hasSize(2).last().isEqualTo("unreadable    1");
        assertThat(run.outLines().get(0)).startsWith("published     3 in ");
    }

    @ParameterizedTest
    @ValueSource(ints = {1 << 20, 4 << 20})
    void leavesOutTheImageThatIsTooLargeForTheClientOrTheBroker(int clientLimit) throws Exception {
        images(2);
        byte[] png = Files.readAllBytes(folder.resolve("000.png"));
        byte[] large = new byte[2 << 20];
        new Random(clientLimit).nextBytes(large);
        System.arraycopy(png, 0, large, 0, png.length);
        Path file = Files.write(folder.resolve("001-large.png"), large);

        CommandRun run = produce("--kafka", "max.request.size=" + clientLimit);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines()).singleElement().satisfies(line -> assertThat(line)
                .startsWith(file + ": request ")
                .contains("not published: The "));
        assertThat(run.outLines()).contains("not published 1");
        assertThat(run.out()).startsWith("published     2 in ");
    }

    @Test
    void failsWhenAnImageIsNotAnswered() throws Exception {
        images(2);

        CommandRun run = produce("--await", "--timeout", "700ms");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("000.png: request ", "001.png: request ", ": not answered ");
        assertThat(run.outLines()).contains("not answered  2");
    }

    @Test
    void publishesOnAScheduleAndNoMoreThanAskedFor() throws Exception {
        images(30);

        CommandRun run = produce("--rate", "50/s", "--count", "20", "--json");

        JsonNode summary = new JsonMapper().readTree(run.out());
        assertThat(run.code()).isZero();
        assertThat(summary.get("published").asLong()).isEqualTo(20);
        // The 20th image is due 19 intervals of 20 ms after the first.
        assertThat(summary.get("seconds").asDouble()).isGreaterThanOrEqualTo(0.38);
    }

    @ParameterizedTest
    @ValueSource(strings = {"produce", "results"})
    void saysHowToCreateMissingTopics(String command) throws Exception {
        images(1);
        List<String> args =
                new ArrayList<>(List.of(command, "--bootstrap", config.bootstrapServers(), "--prefix", "absent."));
        if (command.equals("produce")) {
            args.add(folder.toString());
        }

        CommandRun run = CommandRun.of(args.toArray(String[]::new));

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains("run: millrace topics --bootstrap " + config.bootstrapServers() + " --prefix absent.");
    }

    @Test
    void printsResultsAsRowsOrAsJson() throws Exception {
        answerImages(5);

        CommandRun rows = results("--from-beginning", "--count", "5", "--timeout", "20s");
        CommandRun json = results("--from-beginning", "--count", "5", "--timeout", "20s", "--json");

        assertThat(rows.code()).isZero();
        assertThat(rows.outLines())
                .hasSize(6)
                .allMatch(line -> line.length() <= 80)
                .filteredOn(line -> line.contains("Ankle boot"))
                .hasSize(5);
        assertThat(json.code()).isZero();
        assertThat(json.outLines()).hasSize(5);
        for (String line : json.outLines()) {
            assertThat(new JsonMapper().readTree(line).get("model").asText()).isEqualTo("fashion-mnist");
        }
    }

    @Test
    void failsWhenFewerResultsComeThanAskedFor() throws Exception {
        answerImages(2);

        CommandRun tooFew = results("--from-beginning", "--count", "3", "--timeout", "1s", "--json");
        CommandRun whatThereIs = results("--from-beginning", "--timeout", "1s", "--json");
        CommandRun onlyNewOnes = results("--timeout", "300ms", "--json");

        assertThat(tooFew.code()).isEqualTo(1);
        assertThat(tooFew.err()).contains("results: 2 (expected: 3)");
        assertThat(tooFew.outLines()).hasSize(2);
        assertThat(whatThereIs.code()).isZero();
        assertThat(whatThereIs.outLines()).hasSize(2);
        assertThat(onlyNewOnes.code()).isZero();
        assertThat(onlyNewOnes.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    @EnabledIf(
            value = "dev.millrace.broker.Interrupts#reachChildren",
            disabledReason = "whoever started this build has SIGINT ignored, and so have its children")
    void resultsEndsWithZeroOnASignal(String signal) throws Exception {
        Path out = folder.resolve("results.out");
        Process process =
                child(out, "results", "--bootstrap", config.bootstrapServers(), "--prefix", config.topicPrefix());
        await().atMost(Duration.ofSeconds(30)).until(() -> Files.readString(out).startsWith("REQUEST"));

        signal(process, signal);

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    @Test
    @EnabledIf(
            value = "dev.millrace.broker.Interrupts#reachChildren",
            disabledReason = "whoever started this build has SIGINT ignored, and so have its children")
    void produceStopsInOrderOnASignalAndSaysHowFarItCame() throws Exception {
        images(200);
        Path out = Files.createTempFile("produce", ".out");
        try (EchoWorker worker = EchoWorker.start(config)) {
            Process process = child(
                    out,
                    "produce",
                    "--bootstrap",
                    config.bootstrapServers(),
                    "--prefix",
                    config.topicPrefix(),
                    "--await",
                    "--rate",
                    "5/s",
                    "--json",
                    folder.toString());
            await().atMost(Duration.ofSeconds(30)).until(() -> !worker.seen().isEmpty());

            signal(process, "INT");

            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            JsonNode summary = new JsonMapper().readTree(Files.readString(out));
            assertThat(summary.get("published").asLong()).isBetween(1L, 199L);
            assertThat(summary.get("ok").asLong())
                    .isEqualTo(summary.get("published").asLong());
        } finally {
            Files.delete(out);
        }
    }

    private CommandRun produce(String... options) {
        return run("produce", options, folder.toString());
    }

    private CommandRun results(String... options) {
        return run("results", options);
    }

    private CommandRun run(String command, String[] options, String... arguments) {
        return CommandRun.of(Stream.of(
                        Stream.of(command, "--bootstrap", config.bootstrapServers(), "--prefix", config.topicPrefix()),
                        Stream.of(options),
                        Stream.of(arguments))
                .flatMap(args -> args)
                .toArray(String[]::new));
    }

    private void answerImages(int count) throws Exception {
        images(count);
        try (EchoWorker worker = EchoWorker.start(config)) {
            assertThat(produce("--await").code()).isZero();
            assertThat(worker.seen()).hasSize(count);
        }
    }

    private void images(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Path file = folder.resolve(String.format("%03d.png", i));
            ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY), "png", file.toFile());
        }
    }

    private Process child(Path out, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                ProducerMain.class.getName()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        children.add(process);
        return process;
    }

    private static void signal(Process process, String signal) throws Exception {
        int code = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        assertThat(code).isZero();
    }
}
