package dev.millrace.trainer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.millrace.trainer", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.millrace.trainer.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule datasetNeedsTheJdkAndTheDecoderOnly = classes()
            .that()
            .resideInAPackage("..trainer.dataset")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", "..trainer.dataset", "..worker.decode");

    @ArchTest
    static final ArchRule netKnowsNoEngine = classes()
            .that()
            .resideInAPackage("..trainer.net")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", "..trainer.dataset", "..trainer.net");

    /** What is decided is decided purely. */
    @ArchTest
    static final ArchRule judgeDriftAndRolloutActNowhere = noClasses()
            .that()
            .resideInAnyPackage("..trainer.judge", "..trainer.drift", "..trainer.rollout")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..trainer.publish", "..trainer.service");

    @ArchTest
    static final ArchRule onlyTorchKnowsPytorch = noClasses()
            .that()
            .resideOutsideOfPackage("..trainer.torch")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.bytedeco..");

    @ArchTest
    static final ArchRule onlyObserveCallsOnnxRuntime = noClasses()
            .that()
            .resideOutsideOfPackage("..trainer.observe")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.onnxruntime..");

    @ArchTest
    static final ArchRule onlyYamlKnowsItsLibrary = noClasses()
            .that()
            .resideOutsideOfPackage("..trainer.yaml")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.fasterxml.jackson.dataformat..", "org.yaml..");

    @ArchTest
    static final ArchRule onlyPublishTheServiceAndTheFetcherKnowKafka = noClasses()
            .that()
            .resideOutsideOfPackages("..trainer.publish", "..trainer.service", "..trainer.cli")
            .and()
            .haveNameNotMatching(".*\\.trainer\\.replay\\.RequestFetcher.*")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka..", "org.apache.avro..");

    @ArchTest
    static final ArchRule ofTheWorkerOnlyWhatServesAModel = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.worker",
                    "..worker.lane..",
                    "..worker.intake..",
                    "..worker.publish..",
                    "..worker.rollout..",
                    "..worker.http..",
                    "..worker.telemetry..",
                    "..worker.cli..");

    @ArchTest
    static final ArchRule onlyPublishReadsArtifacts = noClasses()
            .that()
            .resideOutsideOfPackage("..trainer.publish")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..worker.artifact..");

    @ArchTest
    static final ArchRule nobodyImportsTheCommands = noClasses()
            .that()
            .resideOutsideOfPackage("..trainer.cli")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..trainer.cli");
}
