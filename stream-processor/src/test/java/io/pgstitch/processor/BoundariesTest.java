package io.pgstitch.processor;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may import whom. */
@AnalyzeClasses(packages = "io.pgstitch.processor", importOptions = DoNotIncludeTests.class)
class BoundariesTest {
  @ArchTest
  static final ArchRule STITCH_KNOWS_NO_KAFKA =
      noClasses()
          .that()
          .resideInAPackage("..stitch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.kafka..", "..processor.topology..");

  @ArchTest
  static final ArchRule ONLY_SCHEMAS_OF_OURS =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.pgstitch.collector..",
              "io.pgstitch.bpf..",
              "io.pgstitch.exporter..",
              "io.pgstitch.cli..",
              "io.pgstitch.testkit..");
}
