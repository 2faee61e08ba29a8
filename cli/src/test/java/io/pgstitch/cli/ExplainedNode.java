package io.pgstitch.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A node of EXPLAIN's JSON form.
 *
 * @param parent place of its parent in preorder, -1 for the top
 * @param json its own properties, and its children's under "Plans"
 */
record ExplainedNode(int parent, JsonNode json) {
  /** The tree that EXPLAIN printed, in preorder. */
  static List<ExplainedNode> parse(String explained) throws IOException {
    List<ExplainedNode> nodes = new ArrayList<>();
    add(nodes, -1, new ObjectMapper().readTree(explained).get(0).get("Plan"));
    return nodes;
  }

  private static void add(List<ExplainedNode> nodes, int parent, JsonNode node) {
    int place = nodes.size();
    nodes.add(new ExplainedNode(parent, node));
    JsonNode children = node.get("Plans");
    if (children != null) {
      children.forEach(child -> add(nodes, place, child));
    }
  }

  /** A property as text, empty where EXPLAIN does not print it. */
  String text(String key) {
    return json.has(key) ? json.get(key).asText() : "";
  }

  double number(String key) {
    return json.get(key).asDouble();
  }

  long count(String key) {
    return json.get(key).asLong();
  }
}
