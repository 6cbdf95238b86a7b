package dev.millrace.producer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.millrace.producer", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule THE_CLIENT_KNOWS_ONLY_KAFKA_AND_THE_CONTRACT = classes()
            .that()
            .resideInAPackage("dev.millrace.producer")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.apache.kafka..",
                    "org.apache.avro.specific..",
                    "org.jspecify.annotations..",
                    "org.slf4j..",
                    "dev.millrace.schemas..",
                    "dev.millrace.producer",
                    "dev.millrace.producer.trace");

    @ArchTest
    static final ArchRule ONE_CLASS_KNOWS_OPENTELEMETRY = noClasses()
            .that()
            .haveNameNotMatching("dev\\.millrace\\.producer\\.trace\\.OpenTelemetrySpans(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry..");

    @ArchTest
    static final ArchRule TRACES_KNOW_KAFKA_AND_OPENTELEMETRY = classes()
            .that()
            .resideInAPackage("dev.millrace.producer.trace")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.apache.kafka..",
                    "org.jspecify.annotations..",
                    "org.slf4j..",
                    "io.opentelemetry..",
                    "dev.millrace.producer.trace");

    @ArchTest
    static final ArchRule SOURCES_KNOW_NEITHER_KAFKA_NOR_COMMANDS = classes()
            .that()
            .resideInAPackage("dev.millrace.producer.source..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..", "org.jspecify.annotations..", "dev.millrace.producer", "dev.millrace.producer.source..");

    @ArchTest
    static final ArchRule DEAD_LETTERS_KNOW_THE_CLIENT_KAFKA_AND_THE_CONTRACT = classes()
            .that()
            .resideInAPackage("dev.millrace.producer.deadletter")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "org.apache.kafka..",
                    "org.apache.avro.specific..",
                    "org.jspecify.annotations..",
                    "dev.millrace.schemas..",
                    "dev.millrace.producer",
                    "dev.millrace.producer.deadletter");

    @ArchTest
    static final ArchRule COMMANDS_REACH_KAFKA_ONLY_THROUGH_OTHER_PACKAGES = noClasses()
            .that()
            .resideInAPackage("dev.millrace.producer.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka.clients..", "org.apache.avro..");

    @ArchTest
    static final ArchRule PACKAGES_HAVE_NO_CYCLES =
            slices().matching("dev.millrace.producer.(*)..").should().beFreeOfCycles();
}
