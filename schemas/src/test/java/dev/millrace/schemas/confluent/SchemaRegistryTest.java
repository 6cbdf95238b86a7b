package dev.millrace.schemas.confluent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.millrace.schemas.confluent.RegistryServer.Mood;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.SchemaNormalization;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaRegistryTest {
    /** Of tests that wait for it: on a busy machine a good answer may take as long. */
    private static final Duration SHORT = Duration.ofMillis(500);

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Schema ORDER = SchemaBuilder.record("com.acme.Order")
            .fields()
            .requiredString("item")
            .endRecord();

    private RegistryServer server;
    private SchemaRegistry registry;

    @BeforeEach
    void start() throws IOException {
        server = new RegistryServer();
        registry = client(server.url(), "");
    }

    @AfterEach
    void stop() {
        registry.close();
        server.close();
    }

    private static SchemaRegistry client(String url, String credentials) {
        return new SchemaRegistry(RegistryAddress.of(url, credentials, PATIENCE), PATIENCE);
    }

    private SchemaRegistry hasty() {
        return new SchemaRegistry(RegistryAddress.of(server.url(), "", SHORT), PATIENCE);
    }

    @Test
    void tellsWhichSchemaAnIdIsAndAsksForItOnce() {
        int id = server.add(ORDER);

        RegisteredSchema found = registry.schema(id).orElseThrow();
        registry.schema(id);

        assertThat(found.name()).isEqualTo("com.acme.Order");
        assertThat(found.fingerprint()).isEqualTo(SchemaNormalization.parsingFingerprint64(ORDER));
        assertThat(registry.knows(id)).isTrue();
        assertThat(registry.trouble()).isNull();
        assertThat(server.requests()).containsExactly("GET /schemas/ids/" + id);
    }

    @Test
    void asksOnceForManyThatWantToKnowAtTheSameTime() throws Exception {
        int id = server.add(ORDER);
        ExecutorService lanes = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Boolean>> asking = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                asking.add(() -> registry.schema(id).isPresent());
            }
            for (Future<Boolean> found : lanes.invokeAll(asking)) {
                assertThat(found.get()).isTrue();
            }
        } finally {
            lanes.shutdownNow();
        }
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void anIdThatIsNotThereIsRememberedForAWhileAndNegativeOnesAreNeverAskedFor() {
        assertThat(registry.schema(7)).isEmpty();
        assertThat(registry.schema(7)).isEmpty();
        assertThat(registry.schema(-1)).isEmpty();
        assertThat(registry.knows(-1)).isTrue();

        assertThat(server.requests()).containsExactly("GET /schemas/ids/7");
        assertThat(registry.trouble()).isNull();
    }

    @Test
    void whatIsNoAvroSchemaIsKnownAsThat() {
        int damaged = server.add("{\"type\":\"record\"");
        int referring = server.add("{\"type\":\"record\",\"name\":\"A\",\"fields\":[{\"name\":\"b\",\"type\":\"B\"}]}");

        for (int id : new int[] {damaged, referring}) {
            assertThat(registry.schema(id).orElseThrow().fingerprint()).isNull();
        }
    }

    @Test
    void registersWhatIsNotThereAndFindsWhatIs() {
        int elsewhere = server.register("b-value", ORDER);

        assertThat(registry.id("a-value", ORDER)).isEqualTo(elsewhere);
        assertThat(registry.id("b-value", ORDER)).isEqualTo(elsewhere);
        assertThat(registry.id("b-value", ORDER)).isEqualTo(elsewhere);

        assertThat(server.subjects()).containsExactly("a-value", "b-value");
        assertThat(server.requests())
                .containsExactly("POST /subjects/a-value", "POST /subjects/a-value/versions", "POST /subjects/b-value");
    }

    @Test
    void mayReadOnlyWhereItIsRegisteredAlready() {
        server.register("a-value", ORDER);
        server.mood(Mood.READ_ONLY);

        assertThat(registry.id("a-value", ORDER)).isEqualTo(1);
        assertThatThrownBy(() -> registry.id("b-value", ORDER))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining("status 403")
                .hasMessageContaining("User is denied operation Write");
        // That says nothing of the others.
        assertThat(registry.schema(1)).isPresent();
    }

    @ParameterizedTest
    @EnumSource(names = {"SILENT", "STUCK", "BROKEN", "NO_REGISTRY", "ENDLESS"})
    void whatIsNotAnsweredIsNotTakenForAnUnknownIdAndIsThereWhenTheRegistryIsBack(Mood mood) {
        registry.close();
        registry = hasty();
        int id = server.add(ORDER);
        server.mood(mood);

        assertThatThrownBy(() -> registry.schema(id))
                .isInstanceOf(RegistryUnavailableException.class)
                .hasMessageContaining(server.url());
        assertThat(registry.trouble()).contains(server.url());
        assertThat(registry.knows(id)).isFalse();

        server.mood(Mood.WELL);
        await().atMost(PATIENCE).until(() -> registry.knows(id));
        assertThat(registry.schema(id)).isPresent();
        assertThat(registry.trouble()).isNull();
    }

    @Test
    void nobodyWaitsForARegistryThatHasJustNotAnswered() {
        registry.close();
        registry = hasty();
        server.mood(Mood.SILENT);
        assertThatThrownBy(() -> registry.schema(1)).hasMessageContaining("no answer in 500 ms");

        long before = System.nanoTime();
        for (int id = 2; id < 1_000; id++) {
            int each = id;
            assertThatThrownBy(() -> registry.schema(each)).hasMessageContaining("no answer in 500 ms");
        }

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(SHORT);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void waitsNoLongerThanItsPatienceAndHasTheAnswerLater() {
        int id = server.add(ORDER);
        RegistryAddress address = RegistryAddress.of(server.url(), "", Duration.ofSeconds(30));
        try (SchemaRegistry hasty = new SchemaRegistry(address, Duration.ZERO)) {
            assertThatThrownBy(() -> hasty.schema(id)).isInstanceOf(RegistryUnavailableException.class);

            await().atMost(PATIENCE).until(() -> hasty.knows(id));

            assertThat(hasty.schema(id)).isPresent();
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void aRegistryThatIsDownIsAskedAgainUntilItIsUp() throws IOException {
        int port = server.port();
        server.close();
        assertThatThrownBy(() -> registry.schema(1)).isInstanceOf(RegistryUnavailableException.class);
        assertThat(registry.idNow("a-value", ORDER)).isEmpty();

        server = new RegistryServer(port);
        int id = server.add(ORDER);
        await().atMost(PATIENCE).until(() -> registry.knows(id));
        await().atMost(PATIENCE).until(() -> registry.idNow("a-value", ORDER).isPresent());

        assertThat(registry.id("a-value", ORDER)).isEqualTo(id);
    }

    @Test
    void saysWhoAsks() {
        String basic = "Basic bWU6c2VjcsOpdDpAeA==";
        String inUrl = server.url().replace("//", "//me:secr%C3%A9t%3A%40x@");
        try (SchemaRegistry byUrl = client(inUrl, "");
                SchemaRegistry bySetting = client(server.url(), "me:secrét:@x");
                SchemaRegistry both = client(server.url().replace("//", "//you:yours@"), "me:secrét:@x")) {
            byUrl.schema(1);
            bySetting.schema(2);
            both.schema(3);
        }
        registry.schema(4);

        assertThat(server.authorizations()).containsExactly(basic, basic, basic, "");
    }

    @Test
    void neverShowsAPassword() {
        RegistryAddress address = RegistryAddress.of("https://me:secret@registry.example.org/api/", "", PATIENCE);

        assertThat(address).hasToString("https://registry.example.org/api");
        assertThat(address.resolve("subjects", "a/b c"))
                .hasToString("https://registry.example.org/api/subjects/a%2Fb%20c");
        assertThatThrownBy(() -> RegistryAddress.of("https://me:secret@registry example.org", "", PATIENCE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> RegistryAddress.of("https://me:secret@registry.example.org?x=1", "", PATIENCE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"registry:8081", "ftp://registry", "/registry", "http://", "http://a,http://b"})
    void refusesWhatIsNoAddress(String url) {
        assertThatThrownBy(() -> RegistryAddress.of(url, "", PATIENCE)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesCredentialsWithoutAPassword() {
        assertThatThrownBy(() -> RegistryAddress.of("http://registry", "me", PATIENCE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("user:password");
    }
}
