package io.pgstitch.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Figures as people and programs read them. */
public final class FigureReport {
  private static final List<String> HEADINGS =
      List.of("figure", "value", "unit", "spread", "n", "ratio", "target", "met", "note");

  private final List<Figure> figures;

  /** Takes the figures in their order. */
  public FigureReport(List<Figure> figures) {
    this.figures = List.copyOf(figures);
  }

  /** A table with aligned columns. */
  public List<String> table() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(HEADINGS);
    figures.forEach(figure -> rows.add(row(figure)));
    int[] widths = new int[HEADINGS.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> aligned(row, widths)).toList();
  }

  /**
   * The same as a table of Markdown, with machine and date.
   *
   * @param quick whether it was a quick run
   */
  public List<String> markdown(boolean quick) {
    List<String> lines = new ArrayList<>();
    lines.add(Machine.here() + ", " + (quick ? "quick run" : "full run"));
    lines.add("");
    lines.add("| " + String.join(" | ", HEADINGS) + " |");
    lines.add("|---|--:|---|--:|--:|--:|---|---|---|");
    for (Figure figure : figures) {
      List<String> row = new ArrayList<>(row(figure));
      row.set(0, "`" + row.get(0) + "`");
      lines.add("| " + String.join(" | ", row) + " |");
    }
    return lines;
  }

  /** A list of objects; what is not there is null. */
  public String json() throws JsonProcessingException {
    ObjectMapper mapper = new ObjectMapper();
    ArrayNode list = mapper.createArrayNode();
    for (Figure figure : figures) {
      ObjectNode node = list.addObject();
      node.put("name", figure.name());
      put(node, "value", figure.value());
      node.put("unit", figure.unit());
      node.put("spread", figure.spread());
      node.put("target", figure.target().orElse(null));
      node.put("met", figure.met().orElse(null));
      put(node, "ratio", figure.ratio());
      node.put("samples", figure.samples());
      node.put("note", figure.note());
    }
    return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(list);
  }

  private static void put(ObjectNode node, String field, OptionalDouble value) {
    if (value.isPresent()) {
      node.put(field, value.getAsDouble());
    } else {
      node.putNull(field);
    }
  }

  private static List<String> row(Figure figure) {
    return List.of(
        figure.name(),
        figure.value().isPresent() ? number(figure.value().getAsDouble()) : "-",
        figure.unit(),
        figure.samples() > 1 ? number(figure.spread()) : "",
        figure.samples() > 0 ? String.valueOf(figure.samples()) : "",
        figure.ratio().isPresent()
            ? String.format(Locale.ROOT, "%.3f", figure.ratio().getAsDouble())
            : "",
        figure.target().orElse(""),
        met(figure),
        figure.note());
  }

  private static String met(Figure figure) {
    if (figure.target().isEmpty()) {
      return "";
    }
    return figure.met().map(met -> met ? "yes" : "NO").orElse("?");
  }

  /** A figure in a line of its own. */
  static String line(Figure figure) {
    return String.join(" ", row(figure)).replaceAll(" +", " ").strip();
  }

  /** Three digits that count, or all before the point. */
  static String number(double value) {
    double size = Math.abs(value);
    if (size >= 100 || value == 0) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (size >= 10) {
      return String.format(Locale.ROOT, "%.1f", value);
    }
    return String.format(Locale.ROOT, size >= 1 ? "%.2f" : "%.3f", value);
  }

  private static String aligned(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      boolean right = i == 1 || (i >= 3 && i <= 5);
      String padding = " ".repeat(widths[i] - row.get(i).length());
      line.append(right ? padding + row.get(i) : row.get(i) + padding).append("  ");
    }
    return line.toString().stripTrailing();
  }
}
