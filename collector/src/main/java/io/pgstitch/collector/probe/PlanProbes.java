package io.pgstitch.collector.probe;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.NodeShape;
import io.pgstitch.bpf.PlanConfig;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.postgres.PlanFacts;
import io.pgstitch.collector.postgres.PostgresFacts;
import java.util.HashMap;
import java.util.Map;

/** Tells the kernel programs how the plan trees of one binary look. */
final class PlanProbes {
  private PlanProbes() {}

  /**
   * @param layoutKnown false: no struct of this binary is followed
   */
  static void tell(
      KernelPrograms programs, int index, ElfFile elf, PostgresFacts common, boolean layoutKnown) {
    if (!layoutKnown) {
      programs.binaries().putPlans(index, PlanConfig.nothingKnown(), Map.of());
      return;
    }
    PlanFacts facts = PlanFacts.ofAny(common.major(), common.source());
    Map<Integer, NodeShape> shapes = new HashMap<>();
    facts.nodes().forEach((tag, node) -> shapes.put(tag, shape(node)));
    programs.binaries().putPlans(index, config(elf, facts, common), shapes);
  }

  private static NodeShape shape(PlanFacts.NodeType node) {
    return new NodeShape(
        node.members(),
        node.memberCount(),
        node.child(),
        node.childList(),
        node.relation(),
        node.index(),
        node.target(),
        node.rootTarget(),
        node.detail1At(),
        node.detail2At());
  }

  private static PlanConfig config(ElfFile elf, PlanFacts facts, PostgresFacts common) {
    return new PlanConfig(
        walIsAsRead(facts) ? elf.address("pgWalUsage") : 0,
        facts.offset("query_desc.planstate"),
        facts.offset("list.length"),
        facts.offset("list.elements"),
        facts.offset("plan_state.plan"),
        facts.offset("plan_state.instrument"),
        facts.offset("plan_state.lefttree"),
        facts.offset("plan_state.righttree"),
        facts.offset("plan_state.init_plan"),
        facts.offset("plan_state.sub_plan"),
        facts.offset("sub_plan_state.subplan"),
        facts.offset("sub_plan_state.planstate"),
        facts.offset("sub_plan.plan_id"),
        facts.offset("sub_plan.plan_name"),
        facts.offset("result_rel_info.relation"),
        facts.offset("relation.oid"),
        facts.offset("relation.form"),
        facts.offset("relation.file_number"),
        facts.offset("form_pg_class.name"),
        facts.offset("instrumentation.size"),
        facts.offset("planned_stmt.has_modifying_cte"),
        common.offset("command.select"));
  }

  /** The kernel reads three words: records, full page images, bytes. */
  private static boolean walIsAsRead(PlanFacts facts) {
    return facts.offset("wal_usage.records") == 0
        && facts.offset("wal_usage.full_page_images") == 8
        && facts.offset("wal_usage.bytes") == 16;
  }
}
