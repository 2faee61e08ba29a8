package io.pgstitch.collector.encode;

import io.pgstitch.bpf.KernelEvent;
import io.pgstitch.bpf.PlanNodeEvent;
import io.pgstitch.collector.postgres.PlanFacts;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.PlanActual;
import io.pgstitch.schema.PlanEstimate;
import io.pgstitch.schema.PlanNode;
import io.pgstitch.schema.WalUsage;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Makes of a node's memory what EXPLAIN would print of it: commands/explain.c of the server. What
 * cannot be a figure (torn memory) is left out rather than shown.
 */
final class PlanDecoder {
  /** Of a custom scan with one child, and with several. */
  private static final String CHILD = "child";

  private static final String CHILDREN = "children";

  private static final String[] RELATIONSHIPS = {
    "", "Outer", "Inner", "Member", "Subquery", "InitPlan", "SubPlan", CHILD
  };
  private static final Map<String, String> KEYS =
      Map.of(
          "join", "Join Type",
          "strategy", "Strategy",
          "set_strategy", "Strategy",
          "partial", "Partial Mode",
          "operation", "Operation",
          "set_command", "Command",
          "direction", "Scan Direction");
  private static final double NANOS = 1e9;

  private final PlanFacts facts;

  PlanDecoder(PlanFacts facts) {
    this.facts = facts;
  }

  /** The nodes of one plan, in its order. */
  List<PlanNode> decode(List<PlanNodeEvent> events, SourceTexts texts) {
    List<PlanNode> nodes = events.stream().map(e -> decode(e, texts)).toList();
    Map<Integer, List<PlanNode>> ofCustomScan =
        nodes.stream()
            .filter(node -> node.getRelationship().equals(CHILD))
            .collect(Collectors.groupingBy(PlanNode::getParent));
    ofCustomScan.values().stream()
        .filter(siblings -> siblings.size() > 1)
        .forEach(siblings -> siblings.forEach(node -> node.setRelationship(CHILDREN)));
    return nodes;
  }

  private PlanNode decode(PlanNodeEvent e, SourceTexts texts) {
    PlanFacts.NodeType type = facts.node(e.tag());
    Map<String, String> details = details(e, type);
    String typeName = type == null ? "unknown:" + e.tag() : type.name();
    boolean parallel = e.readable() && e.planFlag(facts.offset("plan.parallel_aware"));
    PlanNode node = new PlanNode();
    node.setNumber(e.number());
    node.setParent(e.parent());
    node.setRelationship(RELATIONSHIPS[Math.floorMod(e.relationship(), RELATIONSHIPS.length)]);
    node.setSubplanName(text(texts, e.subPlanName()));
    node.setNodeId(e.readable() ? e.planInt(facts.offset("plan.plan_node_id")) : -1);
    node.setType(typeName);
    node.setName((parallel ? "Parallel " : "") + name(typeName, details));
    node.setDetails(details);
    node.setParallelAware(parallel);
    node.setRelationOid(Integer.toUnsignedLong(e.relation()));
    node.setRelationName(text(texts, e.relationName()));
    node.setRelationFile(Integer.toUnsignedLong(e.relationFile()));
    node.setIndexOid(Integer.toUnsignedLong(e.index()));
    node.setIndexName(text(texts, e.indexName()));
    node.setIndexFile(Integer.toUnsignedLong(e.indexFile()));
    node.setEstimate(e.readable() ? estimate(e) : null);
    node.setActual(e.instrumented() ? actual(e) : null);
    return node;
  }

  private Map<String, String> details(PlanNodeEvent e, PlanFacts.NodeType type) {
    Map<String, String> details = new LinkedHashMap<>();
    if (type != null && e.readable()) {
      put(details, type.detail1(), e.detail(0));
      put(details, type.detail2(), e.detail(1));
    }
    return details;
  }

  private void put(Map<String, String> details, String kind, int number) {
    if (!kind.isEmpty()) {
      details.put(KEYS.get(kind), facts.word(kind, number));
    }
  }

  /** The name in EXPLAIN's text form, without Parallel. */
  private static String name(String type, Map<String, String> details) {
    String strategy = details.getOrDefault("Strategy", "");
    return switch (type) {
      case "Aggregate" -> {
        String mode = details.getOrDefault("Partial Mode", "Simple");
        String name =
            switch (strategy) {
              case "Sorted" -> "GroupAggregate";
              case "Hashed" -> "HashAggregate";
              case "Mixed" -> "MixedAggregate";
              default -> "Aggregate";
            };
        yield mode.equals("Simple") ? name : mode + " " + name;
      }
      case "SetOp" ->
          (strategy.equals("Hashed") ? "HashSetOp " : "SetOp ")
              + details.getOrDefault("Command", "");
      case "ModifyTable" -> details.getOrDefault("Operation", type);
      case "Foreign Scan" -> {
        String operation = details.getOrDefault("Operation", "Select");
        yield operation.equals("Select") ? type : "Foreign " + operation;
      }
      case "Hash Join", "Merge Join", "Nested Loop" -> {
        String join = details.getOrDefault("Join Type", "Inner");
        String first = type.replace(" Join", "");
        yield join.equals("Inner") ? type : first + " " + join + " Join";
      }
      case "Index Scan", "Index Only Scan" ->
          details.getOrDefault("Scan Direction", "").equals("Backward") ? type + " Backward" : type;
      default -> type;
    };
  }

  private PlanEstimate estimate(PlanNodeEvent e) {
    PlanEstimate estimate = new PlanEstimate();
    estimate.setStartupCost(e.planDouble(facts.offset("plan.startup_cost")));
    estimate.setTotalCost(e.planDouble(facts.offset("plan.total_cost")));
    estimate.setRows(e.planDouble(facts.offset("plan.plan_rows")));
    estimate.setWidth(e.planInt(facts.offset("plan.plan_width")));
    boolean figures =
        figure(estimate.getStartupCost())
            && figure(estimate.getTotalCost())
            && figure(estimate.getRows())
            && estimate.getWidth() >= 0;
    return figures ? estimate : null;
  }

  private PlanActual actual(PlanNodeEvent e) {
    // A loop that is still open counts as InstrEndLoop would count it: nobody closes the loops of a
    // query that nobody explains.
    boolean running = e.instrumentFlag(facts.offset("instrumentation.running"));
    PlanActual actual = new PlanActual();
    actual.setLoops(figureAt(e, "loops") + (running ? 1 : 0));
    actual.setRows(figureAt(e, "tuples") + (running ? figureAt(e, "tuple_count") : 0));
    actual.setFiltered1(figureAt(e, "filtered1"));
    actual.setFiltered2(figureAt(e, "filtered2"));
    double startup = figureAt(e, "startup") + (running ? figureAt(e, "first_tuple") : 0);
    double total = figureAt(e, "total") * NANOS + (running ? counterNanos(e) : 0);
    if (!figure(actual.getLoops())
        || !figure(actual.getRows())
        || !figure(actual.getFiltered1())
        || !figure(actual.getFiltered2())
        || !figure(startup)
        || !figure(total)) {
      return null;
    }
    if (e.instrumentFlag(facts.offset("instrumentation.need_timer"))) {
      actual.setStartupNs(Math.round(startup * NANOS));
      actual.setTotalNs(Math.round(total));
    }
    if (e.instrumentFlag(facts.offset("instrumentation.need_buffers"))) {
      actual.setBuffers(buffers(e, facts.offset("instrumentation.buffers")));
    }
    if (e.instrumentFlag(facts.offset("instrumentation.need_wal"))) {
      actual.setWal(wal(e, facts.offset("instrumentation.wal")));
    }
    return actual;
  }

  private double figureAt(PlanNodeEvent e, String field) {
    return e.instrumentDouble(facts.offset("instrumentation." + field));
  }

  private double counterNanos(PlanNodeEvent e) {
    int at = facts.offset("instrumentation.counter");
    boolean timespec = facts.offset("instr_time.size") == 16;
    return timespec
        ? e.instrumentLong(at) * NANOS + e.instrumentLong(at + 8)
        : e.instrumentLong(at);
  }

  private static BufferUsage buffers(PlanNodeEvent e, int at) {
    BufferUsage usage = new BufferUsage();
    for (int i = 0; i < KernelEvent.BUFFER_COUNTERS; i++) {
      usage.put(i, e.instrumentLong(at + 8 * i));
    }
    return usage;
  }

  private WalUsage wal(PlanNodeEvent e, int at) {
    WalUsage usage = new WalUsage();
    usage.setRecords(e.instrumentLong(at + facts.offset("wal_usage.records")));
    usage.setFullPageImages(e.instrumentLong(at + facts.offset("wal_usage.full_page_images")));
    usage.setBytes(e.instrumentLong(at + facts.offset("wal_usage.bytes")));
    return usage;
  }

  /** Whether a number can be a cost, a count or a time. */
  private static boolean figure(double number) {
    return number >= 0 && number <= Double.MAX_VALUE;
  }

  private static String text(SourceTexts texts, byte[] bytes) {
    return new String(texts.utf8(bytes), StandardCharsets.UTF_8);
  }
}
