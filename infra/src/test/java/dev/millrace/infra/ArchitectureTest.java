package dev.millrace.infra;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.millrace.infra", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.millrace.infra.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule processKnowsOnlyTheJdk = classes()
            .that()
            .resideInAPackage("dev.millrace.infra.process")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("dev.millrace.infra.process", "java..", "org.jspecify..", "org.slf4j..");

    @ArchTest
    static final ArchRule nobodyDependsOnTheCommand = noClasses()
            .that()
            .resideOutsideOfPackage("dev.millrace.infra.cli")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.millrace.infra.cli");

    @ArchTest
    static final ArchRule nobodyDependsOnBench =
            noClasses().should().dependOnClassesThat().resideInAPackage("dev.millrace.bench..");
}
