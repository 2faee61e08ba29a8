package io.pgstitch.collector.probe;

import io.pgstitch.bpf.BinaryConfig;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.postgres.PostgresFacts;

/** Puts together what the kernel programs have to know about one binary. */
final class BinaryFacts {
  private BinaryFacts() {}

  static BinaryConfig of(ElfFile elf, PostgresFacts facts, long attachedNanos) {
    // 13 has no pointer to the word of its own: it is a field of PGPROC there.
    long word = elf.address("my_wait_event_info");
    return new BinaryConfig(
        word,
        elf.address("MyProc"),
        elf.address("MyProcPort"),
        elf.address("MyBgworkerEntry"),
        elf.address("pgBufferUsage"),
        elf.address("application_name"),
        elf.address("MyProcPid"),
        elf.address("MyStartTimestamp"),
        attachedNanos,
        word == 0 ? facts.offset("pgproc.wait_event_info") : 0,
        facts.offset("port.remote_host"),
        facts.offset("port.database_name"),
        facts.offset("port.user_name"),
        facts.offset("background_worker.function_name"),
        facts.offset("background_worker.notify_pid"),
        facts.offset("query_desc.plannedstmt"),
        facts.offset("query_desc.source_text"),
        facts.offset("query_desc.estate"),
        facts.offset("estate.es_processed"),
        facts.offset("planned_stmt.command_type"),
        facts.offset("planned_stmt.query_id"),
        facts.offset("planned_stmt.stmt_location"),
        facts.offset("planned_stmt.stmt_len"),
        facts.offset("list.elements"),
        facts.offset("portal.name"),
        facts.offset("activity.running"),
        facts.offset("activity.fastpath"),
        true);
  }

  /**
   * What is true of any build: addresses of exported pointers, and no struct. BufferUsage is a
   * struct too.
   */
  static BinaryConfig withoutLayout(ElfFile elf, PostgresFacts facts, long attachedNanos) {
    int none = 0;
    return new BinaryConfig(
        elf.address("my_wait_event_info"),
        elf.address("MyProc"),
        elf.address("MyProcPort"),
        elf.address("MyBgworkerEntry"),
        none,
        elf.address("application_name"),
        elf.address("MyProcPid"),
        elf.address("MyStartTimestamp"),
        attachedNanos,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        none,
        facts.isKnown() ? facts.offset("activity.running") : none,
        facts.isKnown() ? facts.offset("activity.fastpath") : none,
        false);
  }
}
