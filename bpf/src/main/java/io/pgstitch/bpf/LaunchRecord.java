package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/** A parallel worker was registered: {@code struct worker_launched_event}. */
public final class LaunchRecord {
  private final RecordWindow record;

  LaunchRecord(RecordWindow record) {
    this.record = record;
  }

  /** Handle of the shared memory that the leader shares with its workers. */
  public long context() {
    return record.word(HEADER);
  }

  /** Address of the ParallelContext. */
  public long object() {
    return record.word(HEADER + 8);
  }

  /** Nanoseconds since the registration began; the worker is not older. */
  public long durationNanos() {
    return record.word(HEADER + 16);
  }

  /** ParallelWorkerNumber. */
  public int number() {
    return record.number(HEADER + 24);
  }
}
