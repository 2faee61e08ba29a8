package io.pgstitch.collector.probe;

import io.pgstitch.bpf.WorkerConfig;
import io.pgstitch.collector.host.ElfFile;
import io.pgstitch.collector.postgres.PostgresFacts;

/** Puts together how the processes without a client of one binary are known. */
final class WorkerFacts {
  private WorkerFacts() {}

  /**
   * @param background kinds that are traced, as {@link WorkerConfig} has them
   */
  static WorkerConfig of(ElfFile elf, PostgresFacts facts, int background) {
    return new WorkerConfig(
        elf.address("MyBackendType"),
        facts.offset("backend_type.autovacuum_worker"),
        facts.offset("background_worker.type"),
        facts.offset("background_worker.main_arg"),
        facts.offset("background_worker.extra"),
        background);
  }
}
