package dev.millrace.schemas;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The contract depends on Avro, kafka-clients and, for a schema registry, Jackson; and on nothing else of Millrace. */
@AnalyzeClasses(packages = "dev.millrace.schemas", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule dependsOnAvroKafkaAndJacksonOnly = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java..",
                    "javax.imageio..",
                    "org.w3c.dom..",
                    "dev.millrace.schemas..",
                    "org.apache.avro..",
                    "org.apache.kafka..",
                    "com.fasterxml.jackson..",
                    "org.jspecify..");

    @ArchTest
    static final ArchRule onlyTheRegistryClientSpeaksJson = noClasses()
            .that()
            .resideOutsideOfPackage("dev.millrace.schemas.confluent..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.fasterxml.jackson..");

    @ArchTest
    static final ArchRule hasNoCycles =
            slices().matching("dev.millrace.schemas.(*)..").should().beFreeOfCycles();
}
