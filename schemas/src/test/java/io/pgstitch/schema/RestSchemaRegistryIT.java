package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.pgstitch.schema.SchemaRegistryException.Reason;
import io.pgstitch.testkit.ApicurioRegistry;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** Our client against a real registry, and our bytes against another implementation's. */
class RestSchemaRegistryIT {
  private static final Schema V1 = SchemaBuilder.record("R").fields().requiredInt("a").endRecord();
  private static final Schema V2 =
      SchemaBuilder.record("R").fields().requiredInt("a").optionalInt("b").endRecord();
  private static final Schema INCOMPATIBLE =
      SchemaBuilder.record("R").fields().requiredInt("a").requiredInt("b").endRecord();

  private static ApicurioRegistry server;

  @BeforeAll
  static void startServer() {
    server = ApicurioRegistry.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void theSchemasOfAllTopicsCanBeRegisteredAndReadBack() {
    for (String topic : Topics.withSchema()) {
      int id = registry().idOf(Topics.subjectOf(topic), Topics.schemaOf(topic));
      Schema back = registry().byId(id);
      assertThat(SchemaText.of(back)).isEqualTo(SchemaText.of(Topics.schemaOf(topic)));
    }
  }

  @Test
  void allCommittedVersionsCanBeRegisteredInTheirOrder() {
    for (String topic : Topics.withSchema()) {
      var versions = SchemaHistory.versionsOf(Topics.subjectOf(topic));
      versions.forEach(version -> registry().idOf("history." + topic, version));
      assertThat(registry().versionsOf("history." + topic)).hasSameSizeAs(versions);
    }
  }

  @Test
  void theSameSchemaIsRegisteredOnce(TestInfo test) {
    String subject = test.getDisplayName();
    int id = registry().idOf(subject, V1);
    assertThat(registry().idOf(subject, V1)).isEqualTo(id);
    assertThat(registry().versionsOf(subject)).containsExactly(1);
  }

  @Test
  void aCompatibleSchemaBecomesTheNextVersion(TestInfo test) {
    String subject = test.getDisplayName();
    int first = registry().idOf(subject, V1);
    int second = registry().idOf(subject, V2);
    assertThat(second).isNotEqualTo(first);
    assertThat(registry().versionsOf(subject)).containsExactly(1, 2);
    assertThat(registry().byId(first)).isEqualTo(V1);
  }

  @Test
  void aSubjectIsBackwardCompatibleFromItsFirstVersionOn() throws IOException {
    String subject = "backward-value";
    registry().idOf(subject, V1);
    JsonNode config =
        new ObjectMapper().readTree(URI.create(server.url() + "/config/" + subject).toURL());
    assertThat(config.path("compatibilityLevel").asText()).isEqualTo("BACKWARD");
  }

  @Test
  void anIncompatibleSchemaIsRefusedWithTheRegistrysReason(TestInfo test) {
    String subject = test.getDisplayName();
    registry().idOf(subject, V1);
    assertThat(registry().isCompatible(subject, V2)).isTrue();
    assertThat(registry().isCompatible(subject, INCOMPATIBLE)).isFalse();
    assertThatThrownBy(() -> registry().idOf(subject, INCOMPATIBLE))
        .isInstanceOfSatisfying(
            SchemaRegistryException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.INCOMPATIBLE))
        .hasMessageContaining("b at /fields/1");
    assertThat(registry().versionsOf(subject)).containsExactly(1);
  }

  @Test
  void withoutAutoRegistrationOnlyWhatIsRegisteredIsFound(TestInfo test) {
    String subject = test.getDisplayName();
    var readOnly =
        new RestSchemaRegistry(
            Map.of("schema.registry.url", server.url(), "auto.register.schemas", "false"));
    assertThatThrownBy(() -> readOnly.idOf(subject, V1))
        .isInstanceOfSatisfying(
            SchemaRegistryException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_SCHEMA));
    int id = registry().idOf(subject, V1);
    assertThat(readOnly.idOf(subject, V1)).isEqualTo(id);
  }

  @Test
  void anUnknownIdIsARecordThatIsNotOurs() {
    try (var reader = new AvroDeserializer<>(ControlCommand.class, registry())) {
      assertThatThrownBy(() -> reader.deserialize("t", new byte[] {0, 0x7f, 0, 0, 0, 0}))
          .isInstanceOf(SerializationException.class)
          .hasMessageContaining("is not ours");
    }
  }

  @Test
  void aRecordIsReadByAProcessThatKnowsTheRegistryOnly() {
    byte[] bytes = ourBytes("pgstitch.control");
    try (var reader = new AvroDeserializer<ControlCommand>()) {
      reader.configure(Map.of("schema.registry.url", server.url()), false);
      assertThat(reader.deserialize("pgstitch.control", bytes)).isEqualTo(Samples.command());
    }
  }

  @Test
  void apicuriosDeserializerReadsOurRecord() {
    byte[] bytes = ourBytes("ours-to-theirs");
    try (var theirs = new AvroKafkaDeserializer<GenericRecord>()) {
      theirs.configure(apicurioConfig(), false);
      GenericRecord record = theirs.deserialize("ours-to-theirs", bytes);
      assertThat(record.get("id")).hasToString(Samples.command().getId());
      assertThat(record.get("requested_at_utc_ns"))
          .isEqualTo(Samples.command().getRequestedAtUtcNs());
    }
  }

  @Test
  void weReadTheRecordOfApicuriosSerializer() {
    byte[] bytes = apicuriosBytes("theirs-to-ours");
    try (var reader = new AvroDeserializer<>(ControlCommand.class, registry())) {
      assertThat(reader.deserialize("theirs-to-ours", bytes)).isEqualTo(Samples.command());
    }
  }

  @Test
  void ourBodyEqualsThatOfApicuriosSerializer() {
    assertThat(body(ourBytes("bodies"))).isEqualTo(body(apicuriosBytes("bodies")));
  }

  private static byte[] body(byte[] message) {
    return Arrays.copyOfRange(message, AvroFraming.HEADER_BYTES, message.length);
  }

  private static byte[] ourBytes(String topic) {
    try (var writer = new AvroSerializer<>(ControlCommand.class, registry())) {
      return writer.serialize(topic, Samples.command());
    }
  }

  private static byte[] apicuriosBytes(String topic) {
    try (var theirs = new AvroKafkaSerializer<ControlCommand>()) {
      theirs.configure(apicurioConfig(), false);
      return theirs.serialize(topic, Samples.command());
    }
  }

  private static Map<String, Object> apicurioConfig() {
    Map<String, Object> config = new HashMap<>();
    config.put("apicurio.registry.url", server.url().replace("ccompat/v7", "registry/v2"));
    config.put("apicurio.registry.auto-register", true);
    config.put("apicurio.registry.as-confluent", true);
    config.put("apicurio.registry.use-id", "contentId");
    config.put("apicurio.registry.headers.enabled", false);
    return config;
  }

  private static RestSchemaRegistry registry() {
    return new RestSchemaRegistry(Map.of("schema.registry.url", server.url()));
  }
}
