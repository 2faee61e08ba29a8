package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/** What the kernel announced of a backend when it was first seen: {@code struct session_event}. */
public final class SessionRecord {
  /** {@link #kind} of a client's backend. */
  public static final int KIND_CLIENT = 1;

  /** {@link #kind} of a parallel worker. */
  public static final int KIND_PARALLEL_WORKER = 2;

  /** {@link #kind} of an autovacuum worker. */
  public static final int KIND_AUTOVACUUM = 4;

  /** {@link #kind} of a background worker of logical replication. */
  public static final int KIND_REPLICATION = 5;

  /** {@link #kind} of another background worker. */
  public static final int KIND_BACKGROUND_WORKER = 6;

  private static final int TEXT = 64;
  private static final int WORKER = HEADER + 120 + 4 * TEXT + 8 * KernelEvent.WAL_COUNTERS;

  private final RecordWindow record;

  SessionRecord(RecordWindow record) {
    this.record = record;
  }

  /** Start of the process, nanoseconds of CLOCK_BOOTTIME. */
  public long startNanos() {
    return record.word(HEADER);
  }

  /** Totals of pgBufferUsage when the backend was first seen. */
  public long buffers(int counter) {
    return record.word(HEADER + 8 + 8 * counter);
  }

  /** Of the postmaster, as the host numbers it. */
  public int parentPid() {
    return record.number(HEADER + 88);
  }

  /** A parallel worker's leader, in the server's own pid namespace; 0 for others. */
  public int leaderPid() {
    return record.number(HEADER + 92);
  }

  /** One of the KIND constants. */
  public int kind() {
    return record.number(HEADER + 96);
  }

  /** Index of the binary that it runs. */
  public int binary() {
    return record.number(HEADER + 100);
  }

  /** Whether the process is older than the probes. */
  public boolean begunBefore() {
    return record.number(HEADER + 104) != 0;
  }

  /** MyProcPid, in the server's own pid namespace; 0 unknown. */
  public int serverPid() {
    return record.number(HEADER + 108);
  }

  /** MyStartTimestamp, microseconds since 2000-01-01 UTC; 0 unknown. */
  public long startTimestamp() {
    return record.word(WORKER + 16 + TEXT);
  }

  /** Name in the server's encoding, as are those that follow; empty where it is not known. */
  public byte[] database() {
    return record.terminated(HEADER + 112, TEXT);
  }

  public byte[] user() {
    return record.terminated(HEADER + 112 + TEXT, TEXT);
  }

  public byte[] applicationName() {
    return record.terminated(HEADER + 112 + 2 * TEXT, TEXT);
  }

  public byte[] clientAddress() {
    return record.terminated(HEADER + 112 + 3 * TEXT, TEXT);
  }

  /** Totals of pgWalUsage when the backend was first seen. */
  public long wal(int counter) {
    return record.word(HEADER + 112 + 4 * TEXT + 8 * counter);
  }

  /** Address of the backend's wait_event_info, 0 unknown. */
  public long waitWord() {
    return record.word(HEADER + 112 + 4 * TEXT + 8 * KernelEvent.WAL_COUNTERS);
  }

  /** Whether a parallel worker's context and number could be read. */
  public boolean workerKnown() {
    return record.number(WORKER + 12) != 0;
  }

  /** What a parallel worker was launched for, as {@link LaunchRecord#context}. */
  public long workerContext() {
    return record.word(WORKER);
  }

  /** ParallelWorkerNumber. */
  public int workerNumber() {
    return record.number(WORKER + 8);
  }

  /** bgw_type of a background worker. */
  public byte[] workerType() {
    return record.terminated(WORKER + 16, TEXT);
  }
}
