package dev.millrace.worker;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/** What each package may import. Think twice before adding a line: the layering is what keeps the two planes apart. */
@AnalyzeClasses(packages = "dev.millrace.worker", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

    private static final String WORKER = "dev.millrace.worker.";
    private static final String DECODE = WORKER + "decode..";
    private static final String MODEL = WORKER + "model..";
    private static final String INFER = WORKER + "infer..";
    private static final String INTAKE = WORKER + "intake..";
    private static final String PUBLISH = WORKER + "publish..";
    private static final String DELIVERY = WORKER + "delivery..";
    private static final String ARTIFACT = WORKER + "artifact..";
    private static final String REHEARSAL = WORKER + "rehearsal..";
    private static final String LANE = WORKER + "lane..";
    private static final String ROLLOUT = WORKER + "rollout..";
    private static final String SERVING = WORKER + "serving..";
    private static final String HTTP = WORKER + "http..";
    private static final String TELEMETRY = WORKER + "telemetry..";
    private static final String TRACE = WORKER + "trace..";
    private static final String CLI = WORKER + "cli..";

    private static final String SCHEMAS = "dev.millrace.schemas..";
    private static final String AVRO = "org.apache.avro..";
    private static final String KAFKA = "org.apache.kafka..";
    private static final String VERTX = "io.vertx..";
    private static final String MICROMETER = "io.micrometer..";
    private static final String JACKSON = "com.fasterxml.jackson..";
    private static final String ONNX_RUNTIME = "ai.onnxruntime..";
    private static final String OPENTELEMETRY = "io.opentelemetry..";
    private static final String AFFINITY = "net.openhft.affinity..";

    @ArchTest
    static final ArchRule decodeNeedsTheJdkOnly = only(DECODE);

    @ArchTest
    static final ArchRule modelNeedsOnnxRuntime =
            only(MODEL, DECODE, ONNX_RUNTIME, JACKSON, AFFINITY, "com.sun.jna..", "org.slf4j..");

    @ArchTest
    static final ArchRule inferNeedsDecodeAndModel = only(INFER, DECODE, MODEL);

    @ArchTest
    static final ArchRule rehearsalNeedsWhatALaneRunsAModelWith =
            only(REHEARSAL, MODEL, INFER, DECODE, JACKSON, "org.slf4j..");

    @ArchTest
    static final ArchRule artifactNeedsKafkaAndTheJdksHttpClient = only(ARTIFACT, KAFKA, SCHEMAS, AVRO, "org.slf4j..");

    @ArchTest
    static final ArchRule intakeNeedsKafka = only(INTAKE, KAFKA, SCHEMAS, AVRO, "org.slf4j..");

    @ArchTest
    static final ArchRule publishNeedsKafka = only(PUBLISH, TRACE, KAFKA, SCHEMAS, AVRO, "org.slf4j..");

    @ArchTest
    static final ArchRule deliveryNeedsBothEndsOfTheLane =
            only(DELIVERY, INTAKE, PUBLISH, TELEMETRY, KAFKA, SCHEMAS, AVRO, "org.slf4j..");

    @ArchTest
    static final ArchRule laneNeedsTheDataPlane = only(
            LANE,
            SERVING,
            DELIVERY,
            INTAKE,
            DECODE,
            INFER,
            MODEL,
            PUBLISH,
            TELEMETRY,
            TRACE,
            VERTX,
            KAFKA,
            SCHEMAS,
            AVRO,
            MICROMETER,
            "org.slf4j..");

    @ArchTest
    static final ArchRule rolloutNeedsModelAndKafka = only(
            ROLLOUT,
            SERVING,
            MODEL,
            DECODE,
            ARTIFACT,
            REHEARSAL,
            INFER,
            TELEMETRY,
            KAFKA,
            SCHEMAS,
            AVRO,
            "org.slf4j..");

    @ArchTest
    static final ArchRule servingNeedsTheContract = only(SERVING, SCHEMAS, AVRO);

    @ArchTest
    static final ArchRule httpNeedsVertx = only(HTTP, VERTX, JACKSON);

    @ArchTest
    static final ArchRule telemetryNeedsMicrometerAndTheClientsItWatches = only(TELEMETRY, MICROMETER, KAFKA);

    @ArchTest
    static final ArchRule traceNeedsOpenTelemetryAndTheContract =
            only(TRACE, OPENTELEMETRY, KAFKA, SCHEMAS, AVRO, "org.slf4j..");

    /** It is optional: nothing else may need it to load. */
    @ArchTest
    static final ArchRule oneClassKnowsOpenTelemetry = noClasses()
            .that()
            .haveNameNotMatching("dev\\.millrace\\.worker\\.trace\\.OpenTelemetrySpans(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(OPENTELEMETRY);

    @ArchTest
    static final ArchRule cliNeedsThePredictor =
            only(CLI, INFER, MODEL, DECODE, HTTP, SCHEMAS, AVRO, JACKSON, "picocli..", "org.slf4j..");

    @ArchTest
    static final ArchRule onlyModelImportsOnnxRuntime = noClasses()
            .that()
            .resideOutsideOfPackage(MODEL)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ONNX_RUNTIME);

    @ArchTest
    static final ArchRule nobodyImportsTheRoot = noClasses()
            .that()
            .resideInAPackage("dev.millrace.worker.*..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.millrace.worker")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.millrace.worker.(*)..").should().beFreeOfCycles();

    private static ArchRule only(String of, String... others) {
        String[] allowed = Stream.concat(
                        Stream.of(of, "java..", "javax.imageio..", "jdk.jfr..", "org.jspecify.annotations.."),
                        Stream.of(others))
                .toArray(String[]::new);
        DescribedPredicate<JavaClass> forbidden = resideOutsideOfPackages(allowed)
                .and(DescribedPredicate.not(resideInAnyPackage("")))
                .as("are outside of %s", String.join(", ", allowed));
        return noClasses()
                .that()
                .resideInAPackage(of)
                .should()
                .dependOnClassesThat(forbidden)
                .allowEmptyShould(true);
    }
}
