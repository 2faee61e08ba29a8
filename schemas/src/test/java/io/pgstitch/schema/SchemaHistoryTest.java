package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SchemaHistoryTest {
  private static final String REMEDY =
      "run `mvn -q -pl schemas -am -Padd-schema-version process-test-classes` and commit schema-history";

  static Stream<String> topics() {
    return Topics.withSchema().stream();
  }

  @ParameterizedTest
  @MethodSource("topics")
  void theNewestCommittedVersionIsTheCurrentSchema(String topic) throws IOException {
    String subject = Topics.subjectOf(topic);
    int newest = SchemaHistory.versionsOf(subject).size();
    assertThat(newest).as("versions of %s; %s", subject, REMEDY).isPositive();
    String path = "/schema-history/" + subject + "/v" + newest + ".avsc";
    try (var committed = SchemaHistory.class.getResourceAsStream(path)) {
      assertThat(new String(committed.readAllBytes(), StandardCharsets.UTF_8))
          .as("%s differs from src/main/avro; %s", path, REMEDY)
          .isEqualTo(SchemaText.pretty(Topics.schemaOf(topic)));
    }
  }

  @ParameterizedTest
  @MethodSource("topics")
  void everyVersionReadsWhatAllBeforeItWrote(String topic) {
    List<Schema> versions = SchemaHistory.versionsOf(Topics.subjectOf(topic));
    for (int reader = 0; reader < versions.size(); reader++) {
      for (int writer = 0; writer <= reader; writer++) {
        assertThat(compatibility(versions.get(reader), versions.get(writer)))
            .as("v%d reading v%d of %s", reader + 1, writer + 1, topic)
            .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("topics")
  void theGeneratedClassReadsWhatAllVersionsWrote(String topic) {
    for (Schema writer : SchemaHistory.versionsOf(Topics.subjectOf(topic))) {
      assertThat(compatibility(Topics.schemaOf(topic), writer))
          .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
    }
  }

  @Test
  void theCompatibilityCheckSeesAFieldWithoutDefault() {
    String v1 = "{'type':'record','name':'R','fields':[]}";
    String v2 = "{'type':'record','name':'R','fields':[{'name':'a','type':'int'}]}";
    assertThat(compatibility(parse(v2), parse(v1))).isEqualTo(SchemaCompatibilityType.INCOMPATIBLE);
  }

  @Test
  void aSubjectThatIsNotOursHasNoVersions() {
    assertThat(SchemaHistory.versionsOf("orders-value")).isEmpty();
  }

  private static SchemaCompatibilityType compatibility(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType();
  }

  private static Schema parse(String json) {
    return new Schema.Parser().parse(json.replace('\'', '"'));
  }
}
