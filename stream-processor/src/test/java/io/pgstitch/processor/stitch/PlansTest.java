package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.CallKind;
import io.pgstitch.schema.PlanActual;
import io.pgstitch.schema.PlanEstimate;
import io.pgstitch.schema.PlanNode;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.Stat;
import io.pgstitch.schema.WalUsage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Plans belong to the statement whose executor made them, in both views with the same figures. */
class PlansTest {
  private static final long PORTAL = 1;
  private static final long QUERY = 2;

  private final BackendScript script = new BackendScript();

  private static PlanNode node(int number, int parent, String name) {
    PlanNode node = new PlanNode();
    node.setNumber(number);
    node.setParent(parent);
    node.setRelationship("");
    node.setSubplanName("");
    node.setType(name);
    node.setName(name);
    node.setDetails(Map.of());
    node.setRelationName("");
    node.setIndexName("");
    return node;
  }

  private static PlanNode measured(PlanNode node) {
    BufferUsage buffers = new BufferUsage();
    buffers.setSharedHit(7);
    buffers.setSharedRead(2);
    buffers.setTempWritten(3);
    PlanActual actual = new PlanActual();
    actual.setLoops(2);
    actual.setRows(10);
    actual.setTotalNs(123_999L);
    actual.setStartupNs(1L);
    actual.setBuffers(buffers);
    PlanEstimate estimate = new PlanEstimate();
    estimate.setTotalCost(35.5);
    estimate.setRows(100);
    estimate.setWidth(4);
    node.setActual(actual);
    node.setEstimate(estimate);
    node.setRelationOid(16384);
    node.setRelationName("t");
    return node;
  }

  private static List<PlanNode> tree() {
    return List.of(node(0, -1, "Limit"), measured(node(1, 0, "Seq Scan")), node(2, 0, "Hash"));
  }

  private BackendScript started() {
    return script
        .running("select 1")
        .call("pg_parse_query")
        .portal(PORTAL, "SELECT")
        .ownStart(PORTAL, QUERY, 1);
  }

  private Stitched ended() {
    return script
        .endOfPortal(PORTAL, QUERY)
        .transactionEnd(true)
        .commandEnd("SELECT", 1)
        .idle()
        .stitch();
  }

  @Test
  void ownPlanStandsBelowTheRootAndBeforeTheClose() {
    started().ownRun(PORTAL, QUERY, 1).plan(QUERY, 0, tree());
    Stitched out = ended();
    assertThat(out.shortRecords())
        .containsSubsequence(
            "STAT 101 1<0 LIMIT",
            "STAT 101 2<1 SEQ SCAN t",
            "STAT 101 3<1 HASH",
            "CLOSE 101 type=0");
    List<Span> nodes = out.spans(out.only(), SpanKind.PLAN_NODE);
    Span root = out.spans(out.only(), SpanKind.STATEMENT).get(0);
    assertThat(nodes).extracting(Span::getName).containsExactly("Limit", "Seq Scan", "Hash");
    assertThat(nodes)
        .extracting(Span::getParentSpanId)
        .containsExactly(root.getSpanId(), nodes.get(0).getSpanId(), nodes.get(0).getSpanId());
    assertThat(nodes).allMatch(n -> n.getStartUtcNs() == n.getEndUtcNs());
    assertThat(out.only().getComplete()).isTrue();
    TraceIdentities.check(out);
  }

  @Test
  void figuresAreTheServersAndAbsentOnesStayAbsent() {
    started().ownRun(PORTAL, QUERY, 1).plan(QUERY, 0, tree());
    Stitched out = ended();
    List<Stat> stats =
        out.records.stream().filter(Stat.class::isInstance).map(Stat.class::cast).toList();
    Stat scan = stats.get(1);
    assertThat(scan.getRows()).isEqualTo(10);
    assertThat(scan.getLoops()).isEqualTo(2);
    assertThat(scan.getConsistentReads()).isEqualTo(9);
    assertThat(scan.getPhysicalReads()).isEqualTo(2);
    assertThat(scan.getPhysicalWrites()).isEqualTo(3);
    assertThat(scan.getElapsedUs()).isEqualTo(123);
    assertThat(scan.getCost()).isEqualTo(36);
    assertThat(scan.getCardinality()).isEqualTo(100);
    assertThat(scan.getSize()).isEqualTo(400);
    assertThat(scan.getObjectId()).isEqualTo(16384);
    assertThat(stats.get(0).getRows()).isNull();
    assertThat(stats.get(0).getElapsedUs()).isNull();
    assertThat(stats.get(0).getCost()).isNull();
    Span span = out.spans(out.only(), SpanKind.PLAN_NODE).get(1);
    assertThat(span.getRows()).isEqualTo(10);
    assertThat(span.getBuffers().getSharedHit()).isEqualTo(7);
    assertThat(out.spans(out.only(), SpanKind.PLAN_NODE).get(0).getRows()).isEqualTo(-1);
  }

  @Test
  void aNestedStatementsPlanIsItsOwn() {
    started().enter("PortalRun", PORTAL).enter("standard_ExecutorRun", QUERY);
    long nested = script.newObject();
    script.statement(nested, "insert", 3, -1, 0).exit();
    script.enter("standard_ExecutorRun", nested).exit(1);
    script.enter("standard_ExecutorFinish", nested).exit();
    script.plan(nested, 0, List.of(node(0, -1, "Insert")));
    script.enter("standard_ExecutorEnd", nested).exit();
    script.exit(1).exit();
    Stitched out = ended();
    assertThat(out.shortRecords()).containsSubsequence("STAT 102 1<0 INSERT", "CLOSE 102 type=0");
    Span plan = out.spans(out.only(), SpanKind.PLAN_NODE).get(0);
    assertThat(plan.getDepth()).isEqualTo(1);
    assertThat(out.spans(out.only(), SpanKind.STATEMENT))
        .filteredOn(s -> s.getDepth() == 1)
        .singleElement()
        .matches(s -> s.getSpanId().equals(plan.getParentSpanId()));
    TraceIdentities.check(out);
  }

  @Test
  void lostNodesAreSaidAndMakeTheTraceIncomplete() {
    started()
        .ownRun(PORTAL, QUERY, 1)
        .plan(QUERY, 2, List.of(node(0, -1, "Limit"), node(3, 2, "Hash")));
    Stitched out = ended();
    assertThat(out.only().getComplete()).isFalse();
    assertThat(out.shortRecords())
        .containsSubsequence(
            "NOTE PLAN INCOMPLETE", "STAT 101 1<0 LIMIT", "STAT 101 2<0 HASH", "CLOSE 101 type=0");
    assertThat(out.spans(out.only(), SpanKind.PLAN_NODE))
        .extracting(Span::getName)
        .containsExactly("Limit", "Hash", "Incomplete plan");
  }

  @Test
  void aPlanWithoutItsStatementIsCounted() {
    started().ownRun(PORTAL, QUERY, 1).plan(77, 0, tree());
    Stitched out = ended();
    assertThat(out.spans(out.only(), SpanKind.PLAN_NODE)).isEmpty();
    assertThat(out.counters.get(Counter.PLANS_WITHOUT_STATEMENT)).isEqualTo(1);
  }

  @Test
  void walIsThatOfTheCallInWhichItWasMade() {
    script
        .running("insert")
        .call("pg_parse_query")
        .portal(PORTAL, "INSERT")
        .enter("PortalRun", PORTAL)
        .wal(3, 200)
        .exit()
        .wal(1, 40)
        .transactionEnd(true)
        .commandEnd("INSERT 0 1", 1)
        .idle();
    Stitched out = script.stitch();
    Call exec =
        out.records.stream()
            .filter(Call.class::isInstance)
            .map(Call.class::cast)
            .filter(c -> c.getKind() == CallKind.EXEC)
            .findFirst()
            .orElseThrow();
    assertThat(exec.getWal()).isEqualTo(new WalUsage(3L, 0L, 200L));
    Span root = out.spans(out.only(), SpanKind.STATEMENT).get(0);
    assertThat(root.getWal()).isEqualTo(new WalUsage(4L, 0L, 240L));
    assertThat(root.getBuffers()).isNull();
  }
}
