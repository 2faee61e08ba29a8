package io.pgstitch.collector.probe;

import io.pgstitch.bpf.TargetConfig;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.postgres.PostgresFacts;
import java.util.Map;

/** Puts together where one binary keeps what waits wait for and what errors say. */
final class TargetFacts {
  private TargetFacts() {}

  static TargetConfig of(ElfFile elf, PostgresFacts facts) {
    return new TargetConfig(
        elf.address("MyDatabaseId"),
        elf.address("MyDatabaseTableSpace"),
        facts.offset("locallock.lock"),
        facts.offset("lock.proc_locks"),
        facts.offset("proclock.my_lock"),
        facts.offset("proclock.group_leader"),
        facts.offset("proclock.hold_mask"),
        facts.offset("proclock.lock_link"),
        facts.offset("pgproc.pid"),
        facts.offset("pgproc.lock_group_leader"),
        facts.offset("estate.es_relations"),
        facts.offset("estate.es_range_table_size"),
        facts.offset("relation.rd_id"),
        facts.offset("relation.rd_rel"),
        facts.offset("relation.rd_locator"),
        facts.offset("relation.rd_backend"),
        facts.offset("class.relname"),
        facts.offset("class.relfilenode"),
        facts.offset("class.reltablespace"),
        facts.offset("class.relisshared"),
        facts.offset("string_info.data"),
        facts.offset("string_info.len"),
        facts.offset("string_info.cursor"),
        facts.offset("error_data.sqlerrcode"),
        aio(elf, facts.asynchronousIo()),
        // By mode, as storage/lockdefs.h numbers them.
        new int[] {
          0,
          facts.offset("lock_conflicts.access_share"),
          facts.offset("lock_conflicts.row_share"),
          facts.offset("lock_conflicts.row_exclusive"),
          facts.offset("lock_conflicts.share_update_exclusive"),
          facts.offset("lock_conflicts.share"),
          facts.offset("lock_conflicts.share_row_exclusive"),
          facts.offset("lock_conflicts.exclusive"),
          facts.offset("lock_conflicts.access_exclusive")
        });
  }

  private static TargetConfig.Aio aio(ElfFile elf, Map<String, Integer> layout) {
    if (layout.isEmpty()) {
      return TargetConfig.Aio.NONE;
    }
    return new TargetConfig.Aio(
        elf.address("pgaio_ctl"),
        layout.get("handle.size"),
        layout.get("control.handle_count"),
        layout.get("control.handles"),
        layout.get("handle.target"),
        layout.get("handle.target_data"),
        layout.get("handle.generation"),
        layout.get("target.smgr"));
  }
}
