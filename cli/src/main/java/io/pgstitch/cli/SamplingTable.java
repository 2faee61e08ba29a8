package io.pgstitch.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.collector.control.Printable;
import io.pgstitch.schema.SamplingOrder;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.SamplingScope;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sampling rules as a table and as JSON, the most specific first. */
final class SamplingTable {
  private static final List<String> TITLES =
      List.of(
          "DATABASE", "ROLE", "SHARE", "SLOWER THAN", "USUAL TIMES", "CONTEXTS", "SET BY", "SINCE");
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final List<SamplingOrder> orders;

  SamplingTable(Collection<SamplingOrder> orders) {
    this.orders =
        orders.stream()
            .sorted(
                Comparator.comparingInt(SamplingTable::rank)
                    .thenComparing(order -> SamplingScope.of(order).key()))
            .toList();
  }

  private static int rank(SamplingOrder order) {
    return (order.getRole() == null ? 2 : 0) + (order.getDatabase() == null ? 1 : 0);
  }

  /** A scope in words. */
  static String name(SamplingScope scope) {
    if (scope.equals(SamplingScope.FLEET)) {
      return "the whole fleet";
    }
    List<String> parts = new ArrayList<>();
    scope.role().ifPresent(role -> parts.add("role " + Printable.of(role)));
    scope.database().ifPresent(database -> parts.add("database " + Printable.of(database)));
    return String.join(" in ", parts);
  }

  /** A heading, and a line for each rule; or that there is none. */
  List<String> lines() {
    if (orders.isEmpty()) {
      return List.of("no sampling rules: every statement is kept");
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(TITLES);
    orders.forEach(order -> rows.add(row(order)));
    int[] widths = new int[TITLES.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
    }
    return line.toString().stripTrailing();
  }

  private static List<String> row(SamplingOrder order) {
    SamplingRule rule = order.getRule();
    return List.of(
        Optional.ofNullable(order.getDatabase()).map(Printable::of).orElse("*"),
        Optional.ofNullable(order.getRole()).map(Printable::of).orElse("*"),
        plain(BigDecimal.valueOf(rule.getShare()).movePointRight(2)) + "%",
        rule.getSlowerThanNs() == 0 ? "-" : rule.getSlowerThanNs() / NANOS_PER_MILLI + " ms",
        rule.getUsualFactor() == 0 ? "-" : plain(BigDecimal.valueOf(rule.getUsualFactor())),
        rule.getShareContexts() ? "share" : "all",
        Printable.of(order.getSetBy()),
        since(order));
  }

  private static String plain(BigDecimal number) {
    return number.stripTrailingZeros().toPlainString();
  }

  private static String since(SamplingOrder order) {
    return Instant.EPOCH
        .plusNanos(order.getSetAtUtcNs())
        .truncatedTo(ChronoUnit.SECONDS)
        .toString();
  }

  /** An array of objects; database and role are null where they do not matter. */
  String json() throws JsonProcessingException {
    return new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .with(JsonGenerator.Feature.ESCAPE_NON_ASCII)
        .writeValueAsString(orders.stream().map(SamplingTable::object).toList());
  }

  private static Map<String, Object> object(SamplingOrder order) {
    SamplingRule rule = order.getRule();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("database", order.getDatabase());
    object.put("role", order.getRole());
    object.put("share", rule.getShare());
    object.put(
        "slower_than_ms",
        rule.getSlowerThanNs() == 0 ? null : rule.getSlowerThanNs() / NANOS_PER_MILLI);
    object.put("slower_than_usual", rule.getUsualFactor() == 0 ? null : rule.getUsualFactor());
    object.put("share_contexts", rule.getShareContexts());
    object.put("set_by", order.getSetBy());
    object.put("since", since(order));
    return object;
  }
}
