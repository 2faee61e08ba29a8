package io.pgstitch.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** Who may import whom; the reasons stand in docs/architecture.md. */
class ImportBoundariesTest {
  private static final String BPF = "io.pgstitch.bpf..";
  private static final String SCHEMA = "io.pgstitch.schema..";
  private static final String COLLECTOR = "io.pgstitch.collector..";
  private static final String PROCESSOR = "io.pgstitch.processor..";
  private static final String EXPORTER = "io.pgstitch.exporter..";
  private static final String CLI = "io.pgstitch.cli..";
  private static final String BENCHMARKS = "io.pgstitch.benchmarks..";
  private static final String TESTKIT = "io.pgstitch.testkit..";

  private static final JavaClasses PGSTITCH =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.pgstitch");

  @Test
  void schemasImportNothingOfOurs() {
    check(
        noClasses()
            .that()
            .resideInAPackage(SCHEMA)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(BPF, COLLECTOR, PROCESSOR, EXPORTER, CLI, TESTKIT, BENCHMARKS));
  }

  @Test
  void bpfImportsNothingOfOurs() {
    check(
        noClasses()
            .that()
            .resideInAPackage(BPF)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(SCHEMA, COLLECTOR, PROCESSOR, EXPORTER, CLI, TESTKIT, BENCHMARKS));
  }

  @Test
  void collectorImportsOnlyBpfAndSchemas() {
    check(
        noClasses()
            .that()
            .resideInAPackage(COLLECTOR)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(PROCESSOR, EXPORTER, CLI, TESTKIT, BENCHMARKS));
  }

  @Test
  void processorImportsOnlySchemas() {
    check(
        noClasses()
            .that()
            .resideInAPackage(PROCESSOR)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(BPF, COLLECTOR, EXPORTER, CLI, TESTKIT, BENCHMARKS));
  }

  @Test
  void exporterImportsOnlySchemas() {
    check(
        noClasses()
            .that()
            .resideInAPackage(EXPORTER)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(BPF, COLLECTOR, PROCESSOR, CLI, TESTKIT, BENCHMARKS));
  }

  @Test
  void testkitImportsNoPartThatItTests() {
    check(
        noClasses()
            .that()
            .resideInAPackage(TESTKIT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(COLLECTOR, PROCESSOR, EXPORTER, CLI, BENCHMARKS));
  }

  @Test
  void nothingImportsTheCommandLine() {
    check(
        classes()
            .that()
            .resideInAPackage(CLI)
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAPackage(CLI));
  }

  @Test
  void onlyTheCommandLineImportsBenchmarks() {
    check(
        classes()
            .that()
            .resideInAPackage(BENCHMARKS)
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAnyPackage(BENCHMARKS, CLI));
  }

  @Test
  void stitcherImportsNoKafka() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.pgstitch.processor.stitch..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.kafka.."));
  }

  @Test
  void sinkInterfaceImportsNoSink() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.pgstitch.exporter.sink")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.pgstitch.exporter.sink.*..",
                "io.pgstitch.exporter.otlp..",
                "io.pgstitch.exporter.file.."));
  }

  private static void check(ArchRule rule) {
    rule.check(PGSTITCH);
  }
}
