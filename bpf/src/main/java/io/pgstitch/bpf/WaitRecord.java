package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;

/** A wait that has ended, and what it was for: {@code struct wait_event} with what follows it. */
public final class WaitRecord {
  public static final int FLAG_FILE = 0x100;
  public static final int FLAG_LOCK = 0x200;
  public static final int FLAG_BLOCK = 0x400;
  public static final int FLAG_BEGUN = 0x800;

  /** Bytes of {@link #file}. */
  public static final int FILE_BYTES = 96;

  private static final int DETAIL = HEADER + 64;
  private static final int FILE_NAME = 40;
  private static final int FILE_PARENT = 32;
  private static final int FILE_GRANDPARENT = 16;

  private final RecordWindow record;

  WaitRecord(RecordWindow record) {
    this.record = record;
  }

  /** Whether it had begun when it was first looked at. */
  public boolean begunBefore() {
    return (record.flags() & FLAG_BEGUN) != 0;
  }

  public long durationNanos() {
    return record.word(HEADER);
  }

  /** Processor time that the process used in it, nanoseconds. */
  public long cpuNanos() {
    return record.word(HEADER + 8);
  }

  /** In the file, bytes; -1 not known, as for what follows. */
  public long offset() {
    return record.word(HEADER + 16);
  }

  /** Moved, or meant. */
  public long bytes() {
    return record.word(HEADER + 24);
  }

  /** wait_event_info, by its number. */
  public int event() {
    return record.number(HEADER + 32);
  }

  /** System calls that it took. */
  public int calls() {
    return record.number(HEADER + 36);
  }

  /** Of the file or socket, -1 none. */
  public int descriptor() {
    return record.number(HEADER + 40);
  }

  /** LOCKMODE of the heavyweight lock waited for, 0 when the wait is for none. */
  public int lockMode() {
    return record.number(HEADER + 44);
  }

  /** One of the four words of LOCKTAG. */
  public int lockTag(int word) {
    return record.number(HEADER + 48 + 4 * word);
  }

  /**
   * Copies what names the file that a wait is for: bytes that are equal for the same file.
   *
   * @param into of {@link #FILE_BYTES} bytes
   * @return false, with nothing copied, when the wait is for none
   */
  public boolean file(byte[] into) {
    if ((record.flags() & FLAG_FILE) == 0) {
      return false;
    }
    record.copy(DETAIL, into, FILE_BYTES);
    return true;
  }

  /** How many names below the working directory it is: 1, 2, 3; 0 elsewhere or deeper. */
  public int fileDepth() {
    return record.number(DETAIL);
  }

  public byte[] fileName() {
    return record.terminated(DETAIL + 8, FILE_NAME);
  }

  public byte[] fileParent() {
    return record.terminated(DETAIL + 8 + FILE_NAME, FILE_PARENT);
  }

  public byte[] fileGrandparent() {
    return record.terminated(DETAIL + 8 + FILE_NAME + FILE_PARENT, FILE_GRANDPARENT);
  }

  /** Whether the wait is for an asynchronous IO, whose blocks are known. */
  public boolean isForBlocks() {
    return (record.flags() & FLAG_BLOCK) != 0;
  }

  /** OID; where {@link #isForBlocks()}, as are those that follow. */
  public long blockTablespace() {
    return record.unsigned(DETAIL);
  }

  /** OID, 0 for a shared catalog. */
  public long blockDatabase() {
    return record.unsigned(DETAIL + 4);
  }

  public long blockFile() {
    return record.unsigned(DETAIL + 8);
  }

  /** The first one, by its number in the fork. */
  public long block() {
    return record.unsigned(DETAIL + 12);
  }

  /** How many in a row. */
  public long blocks() {
    return record.unsigned(DETAIL + 16);
  }

  /** ForkNumber of common/relpath.h. */
  public int blockFork() {
    return record.number(DETAIL + 20);
  }

  /** Of a temporary relation, which one process has for itself. */
  public boolean isBlockTemporary() {
    return record.number(DETAIL + 24) != 0;
  }

  /** How many holders of the lock waited for are known. */
  public int lockHolders() {
    return (record.flags() & FLAG_LOCK) == 0 ? 0 : Math.min(16, record.number(DETAIL));
  }

  /** Whether there may be more than those. */
  public boolean lockHoldersCut() {
    return (record.flags() & FLAG_LOCK) == 0 || record.number(DETAIL + 4) != 0;
  }

  /** A holder's pid in the server's pid namespace, 0 a prepared transaction. */
  public int lockHolder(int index) {
    return record.number(DETAIL + 8 + 4 * index);
  }
}
