package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

/** The contract is documented field by field. */
class SchemaDocsTest {
  private final Set<String> seen = new HashSet<>();
  private final List<String> undocumented = new ArrayList<>();

  @Test
  void everyRecordEnumAndFieldHasADoc() {
    Topics.withSchema().forEach(topic -> visit(Topics.schemaOf(topic)));
    visit(RecordedBatch.getClassSchema());
    assertThat(seen).contains("io.pgstitch.schema.Backend", "io.pgstitch.schema.SpanKind");
    assertThat(undocumented).isEmpty();
  }

  private void visit(Schema schema) {
    switch (schema.getType()) {
      case RECORD -> {
        if (check(schema)) {
          schema.getFields().forEach(field -> visit(schema, field));
        }
      }
      case ENUM -> check(schema);
      case ARRAY -> visit(schema.getElementType());
      case MAP -> visit(schema.getValueType());
      case UNION -> schema.getTypes().forEach(this::visit);
      default -> {}
    }
  }

  private boolean check(Schema named) {
    if (isBlank(named.getDoc())) {
      undocumented.add(named.getFullName());
    }
    return seen.add(named.getFullName());
  }

  private void visit(Schema record, Schema.Field field) {
    if (isBlank(field.doc())) {
      undocumented.add(record.getFullName() + "." + field.name());
    }
    visit(field.schema());
  }

  private static boolean isBlank(String doc) {
    return doc == null || doc.isBlank();
  }
}
