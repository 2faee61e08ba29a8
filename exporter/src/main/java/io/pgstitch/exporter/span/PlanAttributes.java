package io.pgstitch.exporter.span;

import io.pgstitch.schema.PlanActual;
import io.pgstitch.schema.PlanEstimate;
import io.pgstitch.schema.PlanNode;
import io.pgstitch.schema.WalUsage;
import java.util.Locale;

/** Attributes of plan nodes and of WAL. What the server did not measure is left out. */
final class PlanAttributes {
  private PlanAttributes() {}

  static void wal(AttributeList to, WalUsage wal) {
    if (wal != null) {
      to.put("pgstitch.wal.records", wal.getRecords());
      to.put("pgstitch.wal.fpi", wal.getFullPageImages());
      to.put("pgstitch.wal.bytes", wal.getBytes());
    }
  }

  static void node(AttributeList to, PlanNode node) {
    if (node == null) {
      return;
    }
    to.put("pgstitch.plan.number", node.getNumber());
    to.put("pgstitch.plan.node_id", node.getNodeId());
    to.put("pgstitch.plan.node_type", node.getType());
    to.putUnlessEmpty("pgstitch.plan.relationship", node.getRelationship());
    to.putUnlessEmpty("pgstitch.plan.subplan", node.getSubplanName());
    to.put("pgstitch.plan.parallel_aware", node.getParallelAware());
    to.putUnlessEmpty("pgstitch.plan.relation", node.getRelationName());
    to.putUnlessZero("pgstitch.plan.relation_oid", node.getRelationOid());
    to.putUnlessZero("pgstitch.plan.relation_file", node.getRelationFile());
    to.putUnlessEmpty("pgstitch.plan.index", node.getIndexName());
    to.putUnlessZero("pgstitch.plan.index_oid", node.getIndexOid());
    to.putUnlessZero("pgstitch.plan.index_file", node.getIndexFile());
    estimate(to, node.getEstimate());
    actual(to, node.getActual());
    node.getDetails()
        .forEach(
            (key, word) ->
                to.putUnlessThere(
                    "pgstitch.plan." + key.toLowerCase(Locale.ROOT).replace(' ', '_'), word));
  }

  private static void estimate(AttributeList to, PlanEstimate estimate) {
    if (estimate != null) {
      to.put("pgstitch.plan.startup_cost", estimate.getStartupCost());
      to.put("pgstitch.plan.total_cost", estimate.getTotalCost());
      to.put("pgstitch.plan.estimated_rows", estimate.getRows());
      to.put("pgstitch.plan.estimated_width", estimate.getWidth());
    }
  }

  private static void actual(AttributeList to, PlanActual actual) {
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
}
