package dev.millrace.schemas.confluent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Serial;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.jspecify.annotations.Nullable;

/**
 * A schema registry that speaks Confluent's API, asked over HTTP. What it has said is remembered: an id for as long as this
 * lives, because a registry never gives it to another schema; that there is none, for ten seconds. A registry that does
 * not answer is asked again after a second, whoever wants to know: nobody waits for it in between.
 *
 * <p>Nothing is asked twice at once, and nobody waits longer than the patience of this client; what comes later is
 * remembered, too. Thread-safe; one serves all lanes of a worker. Its threads are made by who makes it.
 *
 * @see <a href="https://docs.confluent.io/platform/current/schema-registry/develop/api.html">Schema Registry API</a>
 */
public final class SchemaRegistry implements AutoCloseable {
    private static final String JSON = "application/vnd.schemaregistry.v1+json";

    /** Error codes of the API: no such subject, version, schema. Any other 404 is a wrong URL. */
    private static final int FIRST_NOT_FOUND = 40401;

    private static final int LAST_NOT_FOUND = 40403;

    /** Far above any schema. */
    private static final int REPLY_LIMIT = 4 << 20;

    /** Some 200 bytes each. */
    private static final int REMEMBERED = 10_000;

    /** Longest part of a reply that is quoted, in characters. */
    private static final int MESSAGE_LIMIT = 200;

    private static final long UNKNOWN_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RegistryAddress address;
    private final Duration patience;
    private final ThreadPoolExecutor executor;
    private final HttpClient http;
    private final ObjectMapper json = new ObjectMapper();
    private final Answers<Integer, Optional<RegisteredSchema>> schemas = new Answers<>(Optional::isPresent);
    private final Answers<Question, Integer> ids = new Answers<>(id -> true);
    private volatile @Nullable Outage outage;

    /** Which id a schema has under a subject. */
    private record Question(String subject, Schema schema) {}

    /** Why the last question was not answered, and since when there is no use in asking another. */
    private record Outage(String message, boolean ofTransport, long sinceNanos) {}

    /**
     * Wires the client; nothing is asked before somebody wants to know.
     *
     * @param patience how long a caller waits for an answer at most
     */
    public SchemaRegistry(RegistryAddress address, Duration patience) {
        this.address = address;
        this.patience = patience;
        executor = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "millrace-schema-registry");
            thread.setDaemon(true);
            return thread;
        });
        // Now: a thread that a lane made would be pinned to the lane's CPU.
        executor.prestartAllCoreThreads();
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(address.timeout())
                .executor(executor)
                .build();
    }

    /**
     * What the registry has under {@code id}; empty when it says that there is no such id.
     *
     * @throws RegistryUnavailableException when it does not say
     */
    public Optional<RegisteredSchema> schema(int id) {
        if (id < 0) {
            return Optional.empty();
        }
        return await(schemas.ask(id, () -> fetch(id)));
    }

    /** Whether {@link #schema} has an answer; asks the registry where it is time to, and does not wait. */
    public boolean knows(int id) {
        return id < 0 || isAnswered(schemas.ask(id, () -> fetch(id)));
    }

    /**
     * The id of {@code schema} under {@code subject}, where it is registered first if it has to be.
     *
     * @throws RegistryUnavailableException when the registry does not say, or refuses the schema
     */
    public int id(String subject, Schema schema) {
        return await(askForId(subject, schema));
    }

    /** The same if it is known; asks the registry where it is time to, and does not wait. */
    public OptionalInt idNow(String subject, Schema schema) {
        CompletableFuture<Integer> answer = askForId(subject, schema);
        return isAnswered(answer) ? OptionalInt.of(answer.join()) : OptionalInt.empty();
    }

    private CompletableFuture<Integer> askForId(String subject, Schema schema) {
        return ids.ask(new Question(subject, schema), () -> register(subject, schema));
    }

    /** Why the registry could not be asked the last time; null where it answered. */
    public @Nullable String trouble() {
        Outage last = outage;
        return last == null ? null : last.message();
    }

    private static boolean isAnswered(CompletableFuture<?> answer) {
        return answer.isDone() && !answer.isCompletedExceptionally();
    }

    private <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new RegistryUnavailableException(message(e));
        } catch (TimeoutException e) {
            throw new RegistryUnavailableException(says("no answer in " + patience.toMillis() + " ms"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RegistryUnavailableException(says("interrupted while asking"));
        }
    }

    private CompletableFuture<Optional<RegisteredSchema>> fetch(int id) {
        return exchange(request("schemas", "ids", Integer.toString(id)).GET())
                .thenApply(reply -> isNotFound(reply) ? Optional.empty() : Optional.of(parse(reply)));
    }

    /** A look first: who may only read finds what somebody else has registered. */
    private CompletableFuture<Integer> register(String subject, Schema schema) {
        String body = json.createObjectNode().put("schema", schema.toString()).toString();
        return exchange(post(body, "subjects", subject))
                .thenCompose(reply -> isNotFound(reply)
                        ? exchange(post(body, "subjects", subject, "versions"))
                        : CompletableFuture.completedFuture(reply))
                .thenApply(reply -> {
                    JsonNode id = ok(reply).path("id");
                    if (!id.isInt()) {
                        throw new UnexpectedReplyException("no id (expected: {\"id\": a number})");
                    }
                    return id.intValue();
                });
    }

    private HttpRequest.Builder post(String body, String... path) {
        return request(path).header("Content-Type", JSON).POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private HttpRequest.Builder request(String... path) {
        URI uri = address.resolve(path);
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).timeout(address.timeout()).header("Accept", JSON + ", application/json");
        String authorization = address.authorization();
        return authorization == null ? request : request.header("Authorization", authorization);
    }

    /** A reply: its status and what it says. */
    private record Reply(int status, JsonNode content) {}

    private CompletableFuture<Reply> exchange(HttpRequest.Builder request) {
        Outage last = outage;
        if (last != null && last.ofTransport() && System.nanoTime() - last.sinceNanos() < PAUSE_NANOS) {
            return CompletableFuture.failedFuture(new PausedException(last.message()));
        }
        CompletableFuture<HttpResponse<byte[]>> sent =
                http.sendAsync(request.build(), info -> new BoundedBody(REPLY_LIMIT));
        // The request's own timeout ends with the head of the reply.
        CompletableFuture<HttpResponse<byte[]>> inTime =
                sent.copy().orTimeout(address.timeout().toMillis(), TimeUnit.MILLISECONDS);
        return inTime.whenComplete((reply, problem) -> sent.cancel(true)).thenApply(this::read);
    }

    private Reply read(HttpResponse<byte[]> response) {
        JsonNode content;
        try {
            content = json.readTree(response.body());
        } catch (IOException e) {
            content = json.missingNode();
        }
        return new Reply(response.statusCode(), content);
    }

    private static boolean isNotFound(Reply reply) {
        int code = reply.content().path("error_code").asInt();
        return reply.status() == 404 && code >= FIRST_NOT_FOUND && code <= LAST_NOT_FOUND;
    }

    private static JsonNode ok(Reply reply) {
        if (reply.status() != 200) {
            String says = reply.content().path("message").asText("");
            throw new UnexpectedReplyException("status " + reply.status()
                    + (says.isEmpty() ? "" : ", " + says.substring(0, Math.min(says.length(), MESSAGE_LIMIT)))
                    + " (expected: 200 of Confluent's Schema Registry API)");
        }
        return reply.content();
    }

    private static RegisteredSchema parse(Reply reply) {
        JsonNode content = ok(reply);
        JsonNode text = content.path("schema");
        if (!text.isTextual()) {
            throw new UnexpectedReplyException("no schema (expected: {\"schema\": its text})");
        }
        String type = content.path("schemaType").asText("AVRO");
        if (!type.equals("AVRO")) {
            return new RegisteredSchema("a schema of type " + type, null);
        }
        try {
            Schema schema = new Schema.Parser().parse(text.textValue());
            return new RegisteredSchema(schema.getFullName(), SchemaNormalization.parsingFingerprint64(schema));
        } catch (RuntimeException | StackOverflowError e) {
            // Also one that refers to others, which no version of Millrace's does.
            return new RegisteredSchema("a schema that cannot be read by itself", null);
        }
    }

    /** It answered, and not what it was asked: the next question may fare better. */
    private static final class UnexpectedReplyException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        UnexpectedReplyException(String message) {
            super(message, null, false, false);
        }
    }

    /** Not asked, because it did not answer a moment ago. */
    private static final class PausedException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        PausedException(String message) {
            super(message, null, false, false);
        }
    }

    private String says(String what) {
        return "schema registry " + address + ": " + what;
    }

    private String message(Throwable problem) {
        Throwable cause = cause(problem);
        if (cause instanceof PausedException) {
            return String.valueOf(cause.getMessage());
        }
        if (cause instanceof TimeoutException || cause instanceof java.net.http.HttpTimeoutException) {
            return says("no answer in " + address.timeout().toMillis() + " ms");
        }
        String text = cause.getMessage();
        return says(text == null ? cause.getClass().getSimpleName() : text);
    }

    private static Throwable cause(Throwable problem) {
        Throwable cause = problem;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    private void note(@Nullable Throwable problem) {
        if (problem == null) {
            outage = null;
        } else if (!(cause(problem) instanceof PausedException)) {
            boolean answered = cause(problem) instanceof UnexpectedReplyException;
            outage = new Outage(message(problem), !answered, System.nanoTime());
        }
    }

    /** What was asked, and what was said, most recently wanted last. Any thread: its own lock. */
    private final class Answers<Q, A> {
        private final Predicate<A> forGood;
        private final Map<Q, Answer<A>> given = new LinkedHashMap<>(16, 0.75f, true);

        Answers(Predicate<A> forGood) {
            this.forGood = forGood;
        }

        synchronized CompletableFuture<A> ask(Q question, Supplier<CompletableFuture<A>> exchange) {
            Answer<A> answer = given.get(question);
            if (answer == null || isOld(answer)) {
                CompletableFuture<A> fresh = exchange.get().whenComplete((said, problem) -> note(problem));
                answer = new Answer<>(fresh, System.nanoTime());
                given.put(question, answer);
                if (given.size() > REMEMBERED) {
                    given.remove(given.keySet().iterator().next());
                }
            }
            return answer.said();
        }

        private boolean isOld(Answer<A> answer) {
            CompletableFuture<A> said = answer.said();
            long age = System.nanoTime() - answer.askedNanos();
            if (!said.isDone()) {
                return false;
            }
            return said.isCompletedExceptionally()
                    ? age >= PAUSE_NANOS
                    : !forGood.test(said.join()) && age >= UNKNOWN_NANOS;
        }
    }

    private record Answer<A>(CompletableFuture<A> said, long askedNanos) {}

    /** Asks nothing any more. */
    @Override
    public void close() {
        executor.shutdownNow();
    }
}
