package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.schema.SchemaRegistryException.Reason;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.SchemaNormalization;
import org.junit.jupiter.api.Test;

class BundledSchemaRegistryTest {
  private static final Schema FOREIGN =
      SchemaBuilder.record("Order").fields().requiredInt("number").endRecord();

  private final BundledSchemaRegistry registry = new BundledSchemaRegistry();

  @Test
  void everyTopicsSchemaHasItsOwnPositiveId() {
    var ids = Topics.withSchema().stream().map(this::currentId).collect(Collectors.toSet());
    assertThat(ids).hasSize(Topics.withSchema().size()).allMatch(id -> id > 0);
  }

  @Test
  void theIdOfASchemaLeadsBackToIt() {
    for (String topic : Topics.withSchema()) {
      assertThat(SchemaNormalization.toParsingForm(registry.byId(currentId(topic))))
          .isEqualTo(SchemaNormalization.toParsingForm(Topics.schemaOf(topic)));
    }
  }

  @Test
  void everyCommittedVersionCanBeRead() {
    for (String topic : Topics.withSchema()) {
      for (Schema version : SchemaHistory.versionsOf(Topics.subjectOf(topic))) {
        assertThat(registry.byId(BundledSchemaRegistry.fingerprintId(version)).getFullName())
            .isEqualTo(version.getFullName());
      }
    }
  }

  @Test
  void theIdNeverChangesBetweenBuilds() {
    Schema v1 = SchemaHistory.versionsOf("pgstitch.control-value").get(0);
    assertThat(BundledSchemaRegistry.fingerprintId(v1)).isEqualTo(1313985961);
  }

  @Test
  void anUnknownIdNamesCauseAndRemedy() {
    assertThatThrownBy(() -> registry.byId(9))
        .isInstanceOfSatisfying(
            SchemaRegistryException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_ID))
        .hasMessageContaining("id 9")
        .hasMessageContaining("schema.registry.url");
  }

  @Test
  void aSchemaThatIsNotCommittedNamesCauseAndRemedy() {
    assertThatThrownBy(() -> registry.idOf("orders-value", FOREIGN))
        .isInstanceOfSatisfying(
            SchemaRegistryException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_SCHEMA))
        .hasMessageContaining("Order")
        .hasMessageContaining("schema-history");
  }

  @Test
  void versionsThatDifferInDefaultsOnlyShareAnId() {
    Schema a = SchemaBuilder.record("R").fields().optionalInt("x").endRecord();
    Schema b =
        SchemaBuilder.record("R")
            .doc("Reworded.")
            .fields()
            .name("x")
            .type()
            .optional()
            .intType()
            .endRecord();
    assertThat(new BundledSchemaRegistry(List.of(a, b)).idOf("r-value", b))
        .isEqualTo(BundledSchemaRegistry.fingerprintId(a));
  }

  @Test
  void itIsWhatSettingsWithoutAUrlMean() {
    try (SchemaRegistry chosen = SchemaRegistries.from(Map.of())) {
      assertThat(chosen).isInstanceOf(BundledSchemaRegistry.class);
    }
  }

  private int currentId(String topic) {
    return registry.idOf(Topics.subjectOf(topic), Topics.schemaOf(topic));
  }
}
