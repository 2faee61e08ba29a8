package io.pgstitch.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.bpf.Detail;
import io.pgstitch.collector.control.Printable;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.SessionReport;
import io.pgstitch.schema.TracedSession;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Sessions of one or more hosts, as lines for people or as JSON. */
final class SessionTable {
  private static final List<String> TITLES =
      List.of(
          "HOST",
          "PID",
          "PORT",
          "USER",
          "DATABASE",
          "APPLICATION",
          "LEVEL",
          "DETAIL",
          "FUNCTIONS",
          "SINCE");
  private static final List<Boolean> TO_THE_RIGHT =
      List.of(false, true, true, false, false, false, true, false, false, false);

  private final List<SessionReport> reports;
  private final List<TracedSession> sessions;

  /**
   * @param reports answers of collectors
   */
  SessionTable(List<SessionReport> reports) {
    this.reports = List.copyOf(reports);
    this.sessions =
        reports.stream()
            .flatMap(report -> report.getSessions().stream())
            .sorted(
                Comparator.comparing((TracedSession s) -> s.getBackend().getHost())
                    .thenComparing(s -> s.getBackend().getServerPort())
                    .thenComparing(s -> s.getBackend().getPid()))
            .toList();
  }

  /** A heading, and a line for each session. Names have their control characters escaped. */
  List<String> lines() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(TITLES);
    sessions.forEach(session -> rows.add(row(session)));
    int[] widths = new int[TITLES.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(row.get(i)));
      }
    }
    return rows.stream().map(row -> line(row, widths)).toList();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  private static List<String> row(TracedSession session) {
    Backend backend = session.getBackend();
    return List.of(
        name(backend.getHost()),
        String.valueOf(backend.getPid()),
        String.valueOf(backend.getServerPort()),
        name(backend.getUser()),
        name(backend.getDatabase()),
        name(backend.getApplicationName()),
        String.valueOf(session.getLevel()),
        detail(session).orElse("-"),
        session.getFunctions() ? "yes" : "no",
        since(session));
  }

  private static String name(String text) {
    return text.isEmpty() ? "-" : Printable.of(text);
  }

  /** As the collector's setting has it; empty where nothing is traced, or it is not known. */
  static Optional<String> detail(TracedSession session) {
    return switch (session.getDetail()) {
      case UNKNOWN, NOTHING -> Optional.empty();
      case STATEMENTS -> Optional.of(Detail.STATEMENTS.text());
      case CALLS -> Optional.of(Detail.CALLS.text());
      case PHASES -> Optional.of(Detail.PHASES.text());
    };
  }

  private static String since(TracedSession session) {
    return Instant.EPOCH
        .plusNanos(session.getStartedAtUtcNs())
        .truncatedTo(ChronoUnit.SECONDS)
        .toString();
  }

  private static String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String blanks = " ".repeat(widths[i] - width(row.get(i)));
      line.append(i == 0 ? "" : "  ");
      line.append(TO_THE_RIGHT.get(i) ? blanks + row.get(i) : row.get(i) + blanks);
    }
    return line.toString().stripTrailing();
  }

  /** One object: {@code hosts} that answered, and {@code sessions}. */
  String json() throws JsonProcessingException {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("hosts", reports.stream().map(SessionReport::getHost).distinct().sorted().toList());
    all.put("sessions", sessions.stream().map(SessionTable::object).toList());
    return new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .with(JsonGenerator.Feature.ESCAPE_NON_ASCII)
        .writeValueAsString(all);
  }

  private static Map<String, Object> object(TracedSession session) {
    Backend backend = session.getBackend();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("host", backend.getHost());
    object.put("pid", backend.getPid());
    object.put("port", backend.getServerPort());
    object.put("user", backend.getUser());
    object.put("database", backend.getDatabase());
    object.put("application", backend.getApplicationName());
    object.put("client", backend.getClientAddress());
    object.put("level", session.getLevel());
    object.put("detail", detail(session).orElse(null));
    object.put("functions", session.getFunctions());
    object.put("since", since(session));
    return object;
  }
}
