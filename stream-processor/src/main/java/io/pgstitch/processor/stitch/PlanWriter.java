package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.PlanActual;
import io.pgstitch.schema.PlanCaptured;
import io.pgstitch.schema.PlanEstimate;
import io.pgstitch.schema.PlanNode;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.Stat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a plan down, as spans and as STAT records, from the same nodes. A node's span is no
 * stretch of time: it starts and ends when the plan was read, and has what the server measured
 * beside it.
 */
final class PlanWriter {
  private final Session session;
  private final SpanIds ids = new SpanIds();

  PlanWriter(Session session) {
    this.session = session;
  }

  /**
   * A span for each node, and one that says so when some are missing; marks the statement then.
   *
   * @param parent number of the span of the statement whose plan it is
   */
  List<Span> spans(OpenStatement statement, int parent, int depth, PlanCaptured plan) {
    List<Span> spans = new ArrayList<>();
    Map<Integer, Integer> ordinals = new HashMap<>();
    for (PlanNode node : plan.getNodes()) {
      int ordinal = takeOrdinal(statement);
      ordinals.put(node.getNumber(), ordinal);
      Span span =
          span(
              statement,
              ordinal,
              ordinals.getOrDefault(node.getParent(), parent),
              node.getName(),
              depth);
      span.setPlanNode(node);
      if (node.getActual() != null) {
        span.setRows(Math.round(node.getActual().getRows()));
        span.setBuffers(moved(node.getActual().getBuffers()));
        span.setWal(node.getActual().getWal());
      }
      spans.add(span);
    }
    String missing = missing(plan);
    if (!missing.isEmpty()) {
      Span span = span(statement, takeOrdinal(statement), parent, "Incomplete plan", depth);
      span.setText(missing);
      spans.add(span);
    }
    if (plan.getMissing() > 0) {
      statement.setComplete(false);
    }
    return spans;
  }

  /** STAT records of a cursor. */
  void records(int cursor, PlanCaptured plan) {
    String missing = missing(plan);
    if (!missing.isEmpty()) {
      new RecordLines(session).note("PLAN INCOMPLETE", missing);
    }
    Map<Integer, Integer> ids = new HashMap<>();
    Map<Integer, Integer> children = new HashMap<>();
    for (PlanNode node : plan.getNodes()) {
      int id = ids.size() + 1;
      ids.put(node.getNumber(), id);
      int parent = ids.getOrDefault(node.getParent(), 0);
      session.pending.addRecord(
          stat(cursor, id, parent, children.merge(parent, 1, Integer::sum), node));
    }
  }

  private Stat stat(int cursor, int id, int parent, int position, PlanNode node) {
    Stat stat = new Stat();
    stat.setCursor(cursor);
    stat.setId(id);
    stat.setParent(parent);
    stat.setPosition(position);
    stat.setObjectId(node.getRelationOid() != 0 ? node.getRelationOid() : node.getIndexOid());
    stat.setOperation(operation(node));
    PlanEstimate estimate = node.getEstimate();
    if (estimate != null) {
      stat.setCost(Math.round(estimate.getTotalCost()));
      stat.setCardinality(Math.round(estimate.getRows()));
      stat.setSize(Math.round(estimate.getRows() * estimate.getWidth()));
    }
    PlanActual actual = node.getActual();
    if (actual != null) {
      stat.setRows(Math.round(actual.getRows()));
      stat.setLoops(Math.round(actual.getLoops()));
      if (actual.getTotalNs() != null) {
        stat.setElapsedUs(actual.getTotalNs() / 1000);
      }
      blocks(stat, actual.getBuffers());
    }
    stat.setTimUs(session.utcUs(session.state.getNow()));
    return stat;
  }

  private static void blocks(Stat stat, BufferUsage used) {
    if (used != null) {
      long reads = used.getSharedRead() + used.getLocalRead() + used.getTempRead();
      stat.setPhysicalReads(reads);
      stat.setConsistentReads(used.getSharedHit() + used.getLocalHit() + reads);
      stat.setPhysicalWrites(
          used.getSharedWritten() + used.getLocalWritten() + used.getTempWritten());
    }
  }

  /** The name in capitals, a subplan's own name before it, and what it works on behind. */
  private static String operation(PlanNode node) {
    StringBuilder text = new StringBuilder();
    if (!node.getSubplanName().isEmpty()) {
      text.append(node.getSubplanName()).append(": ");
    }
    text.append(node.getName().toUpperCase(Locale.ROOT));
    if (!node.getIndexName().isEmpty()) {
      text.append(' ').append(node.getIndexName());
      if (!node.getRelationName().isEmpty()) {
        text.append(" ON");
      }
    }
    if (!node.getRelationName().isEmpty()) {
      text.append(' ').append(node.getRelationName());
    }
    return text.toString();
  }

  private static String missing(PlanCaptured plan) {
    List<String> missing = new ArrayList<>();
    if (plan.getMissing() > 0) {
      missing.add(plan.getMissing() + " nodes were lost on the host");
    }
    if (plan.getCut()) {
      missing.add("the plan has more nodes than are read");
    }
    return String.join(", ", missing);
  }

  private Span span(OpenStatement statement, int ordinal, int parent, String name, int depth) {
    long at = session.utcNs(session.state.getNow().getTimeNs());
    Span span =
        SpanMaker.span(
            ids.id(statement, ordinal), ids.id(statement, parent), SpanKind.PLAN_NODE, name);
    span.setStartUtcNs(at);
    span.setEndUtcNs(at);
    span.setRows(-1);
    span.setDepth(depth);
    return span;
  }

  private static BufferUsage moved(BufferUsage used) {
    return used == null || used.equals(new BufferUsage()) ? null : used;
  }

  private static int takeOrdinal(OpenStatement statement) {
    int ordinal = statement.getNextOrdinal();
    statement.setNextOrdinal(ordinal + 1);
    return ordinal;
  }
}
