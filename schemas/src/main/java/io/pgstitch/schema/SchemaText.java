package io.pgstitch.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;

/**
 * The text under which a schema is published: self-contained, with docs and defaults, without the
 * property by which generated Java classes ask for {@link String}, which means nothing to others.
 */
final class SchemaText {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SchemaText() {}

  /** The schema on one line. */
  static String of(Schema schema) {
    return tree(schema).toString();
  }

  /** The schema for people to read, with a newline at the end. */
  static String pretty(Schema schema) {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree(schema)) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a schema that was parsed cannot be printed", e);
    }
  }

  private static JsonNode tree(Schema schema) {
    try {
      return withoutJavaProperty(JSON.readTree(schema.toString()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Avro printed a schema that is not JSON", e);
    }
  }

  private static JsonNode withoutJavaProperty(JsonNode node) {
    if (node instanceof ObjectNode object) {
      boolean had = object.remove(GenericData.STRING_PROP) != null;
      if (had && object.size() == 1) {
        return object.get("type");
      }
      object.properties().forEach(e -> e.setValue(withoutJavaProperty(e.getValue())));
      return object;
    }
    if (node.isArray()) {
      var copy = JSON.createArrayNode();
      node.forEach(child -> copy.add(withoutJavaProperty(child)));
      return copy;
    }
    return node;
  }
}
