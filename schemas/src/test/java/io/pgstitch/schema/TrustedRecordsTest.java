package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.avro.util.ClassSecurityValidator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class TrustedRecordsTest {
  @BeforeAll
  static void trust() {
    TrustedRecords.trust();
  }

  @Test
  void aBuilderFillsInAnEnumsDefault() {
    Backend backend =
        Backend.newBuilder()
            .setCluster("c")
            .setHost("h")
            .setBootId("b")
            .setPid(1)
            .setStartNs(1)
            .build();
    assertThat(backend.getKind()).isEqualTo(BackendKind.CLIENT);
  }

  @Test
  void aRecordCanBeCopied() {
    assertThat(Backend.newBuilder(Samples.backend()).build()).isEqualTo(Samples.backend());
  }

  @Test
  void otherClassesOfThisPackageStayUntrusted() {
    assertThat(ClassSecurityValidator.getGlobal().isTrusted(SchemaRegistries.class)).isFalse();
  }

  @Test
  void classesOfOtherPackagesStayUntrusted() {
    assertThat(ClassSecurityValidator.getGlobal().isTrusted(ProcessBuilder.class)).isFalse();
  }

  @Test
  void whatAvroTrustsAlreadyStaysTrusted() {
    assertThat(ClassSecurityValidator.getGlobal().isTrusted(String.class)).isTrue();
  }
}
