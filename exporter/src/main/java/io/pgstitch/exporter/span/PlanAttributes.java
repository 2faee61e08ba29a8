package io.pgstitch.exporter.span;

import io.opentelemetry.api.common.AttributesBuilder;
import io.pgstitch.schema.PlanActual;
import io.pgstitch.schema.PlanEstimate;
import io.pgstitch.schema.PlanNode;
import io.pgstitch.schema.WalUsage;
import java.util.Locale;

/** Attributes of plan nodes and of WAL. What the server did not measure is left out. */
final class PlanAttributes {
  private PlanAttributes() {}

  static void wal(AttributesBuilder to, WalUsage wal) {
    if (wal != null) {
      to.put("pgstitch.wal.records", wal.getRecords());
      to.put("pgstitch.wal.fpi", wal.getFullPageImages());
      to.put("pgstitch.wal.bytes", wal.getBytes());
    }
  }

  static void node(AttributesBuilder to, PlanNode node) {
    if (node == null) {
      return;
    }
    to.put("pgstitch.plan.number", node.getNumber());
    to.put("pgstitch.plan.node_id", node.getNodeId());
    to.put("pgstitch.plan.node_type", node.getType());
    text(to, "pgstitch.plan.relationship", node.getRelationship());
    text(to, "pgstitch.plan.subplan", node.getSubplanName());
    node.getDetails()
        .forEach(
            (key, word) ->
                to.put("pgstitch.plan." + key.toLowerCase(Locale.ROOT).replace(' ', '_'), word));
    to.put("pgstitch.plan.parallel_aware", node.getParallelAware());
    text(to, "pgstitch.plan.relation", node.getRelationName());
    oid(to, "pgstitch.plan.relation_oid", node.getRelationOid());
    oid(to, "pgstitch.plan.relation_file", node.getRelationFile());
    text(to, "pgstitch.plan.index", node.getIndexName());
    oid(to, "pgstitch.plan.index_oid", node.getIndexOid());
    oid(to, "pgstitch.plan.index_file", node.getIndexFile());
    estimate(to, node.getEstimate());
    actual(to, node.getActual());
  }

  private static void estimate(AttributesBuilder to, PlanEstimate estimate) {
    if (estimate != null) {
      to.put("pgstitch.plan.startup_cost", estimate.getStartupCost());
      to.put("pgstitch.plan.total_cost", estimate.getTotalCost());
      to.put("pgstitch.plan.estimated_rows", estimate.getRows());
      to.put("pgstitch.plan.estimated_width", estimate.getWidth());
    }
  }

  private static void actual(AttributesBuilder to, PlanActual actual) {
    if (actual == null) {
      return;
    }
    to.put("pgstitch.plan.loops", actual.getLoops());
    to.put("pgstitch.plan.rows", actual.getRows());
    to.put("pgstitch.plan.filtered1", actual.getFiltered1());
    to.put("pgstitch.plan.filtered2", actual.getFiltered2());
    if (actual.getTotalNs() != null) {
      to.put("pgstitch.plan.startup_us", actual.getStartupNs() / 1000);
      to.put("pgstitch.plan.total_us", actual.getTotalNs() / 1000);
    }
  }

  private static void text(AttributesBuilder to, String key, String value) {
    if (!value.isEmpty()) {
      to.put(key, value);
    }
  }

  private static void oid(AttributesBuilder to, String key, long oid) {
    if (oid != 0) {
      to.put(key, oid);
    }
  }
}
