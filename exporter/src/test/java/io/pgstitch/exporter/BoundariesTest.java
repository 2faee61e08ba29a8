package io.pgstitch.exporter;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import org.junit.jupiter.api.Test;

class BoundariesTest {

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.pgstitch.exporter");

  @Test
  void sinkInterfaceKnowsNoSinkAndNoKafka() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAPackage("io.pgstitch.exporter.sink")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.pgstitch.exporter.sink.*..", "io.pgstitch.exporter.runner..", "org.apache.kafka..")
        .check(classes);
  }

  @Test
  void runnerKnowsNoSinkButTheInterface() {
    ArchRuleDefinition.noClasses()
        .that()
        .resideInAPackage("io.pgstitch.exporter.runner")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.pgstitch.exporter.sink.*..", "io.pgstitch.exporter.durable..")
        .check(classes);
  }
}
