package dev.millrace.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.millrace.bench", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule packagesOfTheFaultsHaveNoCycles =
            slices().matching("dev.millrace.bench.faults.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theSoakIsBuiltOnTheFaultsAndNotTheOtherWay =
            slices().matching("dev.millrace.bench.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theHistoryKnowsNoKafka = classes()
            .that()
            .resideInAPackage("dev.millrace.bench.faults.history")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.bench.faults.history", "com.fasterxml.jackson..", "java..", "org.jspecify..");

    @ArchTest
    static final ArchRule theGuaranteesKnowNoKafkaClient = classes()
            .that()
            .resideInAPackage("dev.millrace.bench.faults.guarantee")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.bench.faults.guarantee",
                    "dev.millrace.bench.faults.history",
                    "dev.millrace.worker.delivery",
                    "java..",
                    "org.jspecify..");

    @ArchTest
    static final ArchRule theProxyKnowsNoKafka = classes()
            .that()
            .resideInAPackage("dev.millrace.bench.faults.proxy")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("dev.millrace.bench.faults.proxy", "io.vertx..", "java..", "org.jspecify..");

    @ArchTest
    static final ArchRule nobodyDependsOnTheScenariosButTheCampaign = noClasses()
            .that()
            .resideInAnyPackage(
                    "dev.millrace.bench.faults.rig",
                    "dev.millrace.bench.faults.load",
                    "dev.millrace.bench.faults.child",
                    "dev.millrace.bench.faults.proxy",
                    "dev.millrace.bench.soak")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.millrace.bench.faults.scenario");
}
