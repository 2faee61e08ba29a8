package io.pgstitch.collector.probe;

import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.postgres.BindLayout;
import io.pgstitch.collector.postgres.PlanFacts;
import io.pgstitch.collector.postgres.PostgresFacts;
import java.util.Arrays;
import java.util.Map;

/** Puts together what the kernel programs hold the layouts of one binary against. */
final class CheckFacts {
  /** What the kernel programs set in {@code struct layout_config}. */
  private static final int FLAG_WORDS = 5;

  private static final int WORDS = 37;

  private CheckFacts() {}

  /** The words of {@code struct layout_config}, in its order; nothing is contradicted yet. */
  static int[] words(ElfFile elf, PostgresFacts facts) {
    Map<String, Integer> checks = facts.source().checks(facts.major());
    PlanFacts plans = PlanFacts.ofAny(facts.major(), facts.source());
    BindLayout binds = BindLayout.of(facts.major(), facts.source());
    int[] words = {
      1,
      checks.get("tag.planned_stmt"),
      checks.get("tag.estate"),
      checks.get("tag.list"),
      checks.get("tag.sub_plan_state"),
      checks.get("tag.custom_scan_state"),
      facts.offset("query_desc.operation"),
      binds.offset("query_desc.already_executed"),
      checks.get("estate.es_plannedstmt"),
      checks.get("estate.es_source_text"),
      checks.get("estate.es_param_list_info"),
      checks.get("estate.es_instrument"),
      checks.get("estate.es_range_table"),
      checks.get("estate.es_subplanstates"),
      checks.get("planned_stmt.plan_tree"),
      checks.get("plan_state.state"),
      checks.get("plan.lefttree"),
      checks.get("plan.righttree"),
      checks.get("plan.init_plan"),
      checks.get("class.oid"),
      checks.get("class.relpersistence"),
      checks.get("lock.tag"),
      checks.get("locallock.proclock"),
      checks.get("string_info.maxlen"),
      facts.offset("command.utility"),
      facts.offset("list.length"),
      checks.get("backend_status.query_id"),
      facts.offset("backend_status.state"),
      address(elf, "MyBEEntry"),
      address(elf, "MyProcPid"),
      plans.offset("instrumentation.need_timer"),
      plans.offset("instrumentation.need_buffers"),
      plans.offset("instrumentation.need_wal"),
      checks.get("tag.query"),
      checks.get("query.command_type"),
      checks.get("query.stmt_location"),
      checks.get("query.stmt_len")
    };
    return Arrays.copyOf(words, WORDS + FLAG_WORDS);
  }

  /** Of a binary whose structs are not followed. */
  static int[] nothingKnown() {
    return new int[WORDS + FLAG_WORDS];
  }

  /** Servers are smaller than 4 GB. */
  private static int address(ElfFile elf, String symbol) {
    return (int) elf.address(symbol);
  }
}
