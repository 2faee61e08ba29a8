package io.pgstitch.bpf;

import java.nio.ByteBuffer;

/**
 * A window on one record of the drained buffer: the structs of events.h. Moved from record to
 * record, it allocates nothing. Accessors that belong to one kind read nonsense from another.
 */
public final class KernelEvent {
  public static final int SESSION = 1;
  public static final int ACTIVITY = 2;
  public static final int ENTRY = 3;
  public static final int EXIT = 4;
  public static final int STATEMENT = 5;
  public static final int PORTAL = 6;
  public static final int COMMAND_END = 7;
  public static final int BUFFERS = 8;
  public static final int WAIT = 9;
  public static final int TRANSACTION_END = 10;
  public static final int ERROR = 11;
  public static final int BACKEND_END = 12;
  public static final int TEXT = 13;
  public static final int SETTING = 14;
  public static final int BINDS = 15;
  public static final int PLAN_NODE = 16;
  public static final int PLAN = 32;
  public static final int RELATION = 17;
  public static final int THROWN = 18;
  public static final int WORKER_LAUNCHED = 19;
  public static final int LAYOUT = 20;
  public static final int LOCK_SLEEP = 21;

  public static final int FLAG_TEXT_CUT = 1;
  public static final int FLAG_TEXT_SAME = 2;
  public static final int FLAG_TEXT_UNREADABLE = 4;
  public static final int FLAG_WAIT_FILE = 0x100;
  public static final int FLAG_WAIT_LOCK = 0x200;
  public static final int FLAG_WAIT_BLOCK = 0x400;
  public static final int FLAG_WAIT_BEGUN = 0x800;
  public static final int FLAG_FATAL = 0x400;

  /** The transaction has been given an id (ACTIVITY). */
  public static final int FLAG_HAD_XID = 1 << 16;

  /** The return was not seen: this is the next sight of the backend (EXIT). */
  public static final int FLAG_LATE = 1 << 17;

  /** {@link #settingCause}: SET, RESET, set_config(), or the session's start. */
  public static final int CAUSE_GIVEN = 0;

  /** {@link #settingCause}: switched from outside of the server. */
  public static final int CAUSE_OPERATOR = 3;

  /** {@link #settingCause}: no transaction can take the level back any more; nothing happened. */
  public static final int CAUSE_SETTLED = 4;

  public static final int SETTING_IS_RESET = 1;
  public static final int SETTING_IS_LOCAL = 2;
  public static final int SETTING_BY_SUPERUSER = 4;
  public static final int SETTING_REFUSED = 8;
  public static final int SETTING_INVALID = 16;

  /** The last BINDS record of a query descriptor: it has counts instead of a value. */
  public static final int FLAG_BINDS_LAST = 8;

  /**
   * {@link #bindLength} of a value whose end was not seen; the total of binds that is not known.
   */
  public static final int BIND_UNKNOWN = -1;

  /** The most bytes of a bind value. */
  public static final int BIND_BYTES = 4096;

  /** Counters of BufferUsage in their order. */
  public static final int BUFFER_COUNTERS = 10;

  /** Counters of WalUsage: records, full page images, bytes. */
  public static final int WAL_COUNTERS = 3;

  /** Bytes of {@link #waitFile}. */
  public static final int WAIT_FILE_BYTES = 96;

  /** {@link #sessionKind} of a client's backend. */
  public static final int KIND_CLIENT = 1;

  /** {@link #sessionKind} of a parallel worker. */
  public static final int KIND_PARALLEL_WORKER = 2;

  /** {@link #sessionKind} of an autovacuum worker. */
  public static final int KIND_AUTOVACUUM = 4;

  /** {@link #sessionKind} of a background worker of logical replication. */
  public static final int KIND_REPLICATION = 5;

  /** {@link #sessionKind} of another background worker. */
  public static final int KIND_BACKGROUND_WORKER = 6;

  private static final int HEADER = 48;
  private static final int ERROR_TEXTS = HEADER + 16;
  private static final int SESSION_TEXT = 64;
  private static final int NAME_LENGTH = 64;
  private static final int WAIT_DETAIL = HEADER + 64;
  private static final int WORKER = HEADER + 120 + 4 * SESSION_TEXT + 8 * WAL_COUNTERS;
  private static final int FILE_NAME = 40;
  private static final int FILE_PARENT = 32;
  private static final int FILE_GRANDPARENT = 16;

  private static final byte[] NOTHING = {};

  private ByteBuffer buffer;
  private int at;

  /** Looks at the record that begins at an offset of a buffer in native byte order. */
  public KernelEvent moveTo(ByteBuffer newBuffer, int offset) {
    this.buffer = newBuffer;
    this.at = offset;
    return this;
  }

  /** Where the next record begins. */
  public int next() {
    return at + (length() + 7 & ~7);
  }

  public int length() {
    return buffer.getInt(at);
  }

  public int kind() {
    return buffer.getShort(at + 4);
  }

  /** Index of the function in the attached catalogue. */
  public int function() {
    return buffer.getShort(at + 6) & 0xffff;
  }

  public int pid() {
    return buffer.getInt(at + 8);
  }

  public int flags() {
    return buffer.getInt(at + 12);
  }

  /** The level in force for the event, with {@link Levels#FUNCTIONS}. */
  public int level() {
    return flags() >>> 24;
  }

  /** CLOCK_MONOTONIC nanoseconds. */
  public long timeNanos() {
    return buffer.getLong(at + 16);
  }

  /** On-CPU nanoseconds since the backend was first seen. */
  public long cpuNanos() {
    return buffer.getLong(at + 24);
  }

  public long sequence() {
    return buffer.getLong(at + 32);
  }

  public long stack() {
    return buffer.getLong(at + 40);
  }

  public long sessionStartNanos() {
    return buffer.getLong(at + HEADER);
  }

  /** Totals of pgBufferUsage when the backend was first seen (SESSION). */
  public long sessionBuffers(int counter) {
    return buffer.getLong(at + HEADER + 8 + 8 * counter);
  }

  public int sessionParentPid() {
    return buffer.getInt(at + HEADER + 88);
  }

  public int sessionLeaderPid() {
    return buffer.getInt(at + HEADER + 92);
  }

  public int sessionKind() {
    return buffer.getInt(at + HEADER + 96);
  }

  public int sessionBinary() {
    return buffer.getInt(at + HEADER + 100);
  }

  public boolean sessionBegunBefore() {
    return buffer.getInt(at + HEADER + 104) != 0;
  }

  /** MyProcPid, in the server's own pid namespace; 0 unknown (SESSION). */
  public int sessionServerPid() {
    return buffer.getInt(at + HEADER + 108);
  }

  /** MyStartTimestamp, microseconds since 2000-01-01 UTC; 0 unknown (SESSION). */
  public long sessionStartTimestamp() {
    return buffer.getLong(at + WORKER + 16 + SESSION_TEXT);
  }

  public byte[] sessionDatabase() {
    return terminated(at + HEADER + 112, SESSION_TEXT);
  }

  public byte[] sessionUser() {
    return terminated(at + HEADER + 112 + SESSION_TEXT, SESSION_TEXT);
  }

  public byte[] sessionApplicationName() {
    return terminated(at + HEADER + 112 + 2 * SESSION_TEXT, SESSION_TEXT);
  }

  public byte[] sessionClientAddress() {
    return terminated(at + HEADER + 112 + 3 * SESSION_TEXT, SESSION_TEXT);
  }

  /** Totals of pgWalUsage when the backend was first seen (SESSION). */
  public long sessionWal(int counter) {
    return buffer.getLong(at + HEADER + 112 + 4 * SESSION_TEXT + 8 * counter);
  }

  /** Address of the backend's wait_event_info, 0 unknown (SESSION). */
  public long sessionWaitWord() {
    return buffer.getLong(at + HEADER + 112 + 4 * SESSION_TEXT + 8 * WAL_COUNTERS);
  }

  /** Whether a parallel worker's context and number could be read (SESSION). */
  public boolean sessionWorkerKnown() {
    return buffer.getInt(at + WORKER + 12) != 0;
  }

  /** What a parallel worker was launched for, as {@link #launchContext} (SESSION). */
  public long sessionWorkerContext() {
    return buffer.getLong(at + WORKER);
  }

  /** ParallelWorkerNumber (SESSION). */
  public int sessionWorkerNumber() {
    return buffer.getInt(at + WORKER + 8);
  }

  /** bgw_type of a background worker (SESSION). */
  public byte[] sessionWorkerType() {
    return terminated(at + WORKER + 16, SESSION_TEXT);
  }

  /** Handle of the shared memory that the leader shares with its workers (WORKER_LAUNCHED). */
  public long launchContext() {
    return buffer.getLong(at + HEADER);
  }

  /** Address of the ParallelContext (WORKER_LAUNCHED). */
  public long launchObject() {
    return buffer.getLong(at + HEADER + 8);
  }

  /** Nanoseconds since the registration began; the worker is not older (WORKER_LAUNCHED). */
  public long launchDurationNanos() {
    return buffer.getLong(at + HEADER + 16);
  }

  /** ParallelWorkerNumber (WORKER_LAUNCHED). */
  public int launchNumber() {
    return buffer.getInt(at + HEADER + 24);
  }

  public int activityState() {
    return buffer.getInt(at + HEADER);
  }

  public long entryObject() {
    return buffer.getLong(at + HEADER);
  }

  public long exitRows() {
    return buffer.getLong(at + HEADER);
  }

  public long statementObject() {
    return buffer.getLong(at + HEADER);
  }

  public long statementQueryId() {
    return buffer.getLong(at + HEADER + 8);
  }

  public int statementCommand() {
    return buffer.getInt(at + HEADER + 16);
  }

  public int statementLocation() {
    return buffer.getInt(at + HEADER + 20);
  }

  public int statementLength() {
    return buffer.getInt(at + HEADER + 24);
  }

  public long portal() {
    return buffer.getLong(at + HEADER);
  }

  public long portalQueryId() {
    return buffer.getLong(at + HEADER + 8);
  }

  public int portalCommandTag() {
    return buffer.getInt(at + HEADER + 16);
  }

  public int portalLocation() {
    return buffer.getInt(at + HEADER + 20);
  }

  public int portalStatementLength() {
    return buffer.getInt(at + HEADER + 24);
  }

  public byte[] portalName() {
    return terminated(at + HEADER + 32, NAME_LENGTH);
  }

  public byte[] portalStatementName() {
    return terminated(at + HEADER + 32 + NAME_LENGTH, NAME_LENGTH);
  }

  /** Length in bytes of the event's whole text, of which {@link #text} has the last piece. */
  public int textLength() {
    return switch (kind()) {
      case ACTIVITY -> buffer.getInt(at + HEADER + 4);
      case STATEMENT, PORTAL -> buffer.getInt(at + HEADER + 28);
      case SETTING -> buffer.getInt(at + HEADER + 20);
      case ERROR -> buffer.getInt(at + HEADER + 4);
      default -> 0;
    };
  }

  /**
   * The piece of text that this record carries (ACTIVITY, STATEMENT, PORTAL, SETTING, ERROR, TEXT).
   */
  public byte[] text() {
    return bytes(textAt(), textBytes());
  }

  /** Whether {@link #text} is equal to these bytes, without taking an object. */
  public boolean hasText(byte[] text) {
    if (textBytes() != text.length) {
      return false;
    }
    int from = at + textAt();
    for (int i = 0; i < text.length; i++) {
      if (buffer.get(from + i) != text[i]) {
        return false;
      }
    }
    return true;
  }

  private int textAt() {
    return switch (kind()) {
      case ACTIVITY -> HEADER + 8;
      case ERROR -> ERROR_TEXTS;
      case STATEMENT -> HEADER + 32;
      case PORTAL -> HEADER + 32 + 2 * NAME_LENGTH;
      case SETTING -> HEADER + 24 + NAME_LENGTH;
      default -> HEADER;
    };
  }

  private int textBytes() {
    int behind = kind() == ERROR ? errorDetailLength() + errorHintLength() : 0;
    return Math.max(0, length() - textAt() - behind);
  }

  private byte[] bytes(int from, int count) {
    if (count <= 0) {
      return NOTHING;
    }
    byte[] bytes = new byte[count];
    buffer.get(at + from, bytes);
    return bytes;
  }

  private int errorDetailLength() {
    return buffer.getInt(at + HEADER + 8);
  }

  private int errorHintLength() {
    return buffer.getInt(at + HEADER + 12);
  }

  /** What the client was told besides the message, empty when nothing (ERROR). */
  public byte[] errorDetail() {
    return bytes(ERROR_TEXTS + textLength(), errorDetailLength());
  }

  /** The hint that the client was given, empty when none (ERROR). */
  public byte[] errorHint() {
    return bytes(ERROR_TEXTS + textLength() + errorDetailLength(), errorHintLength());
  }

  public long commandRows() {
    return buffer.getLong(at + HEADER);
  }

  public int commandTag() {
    return buffer.getInt(at + HEADER + 8);
  }

  /** Totals of pgBufferUsage (BUFFERS). */
  public long buffers(int counter) {
    return buffer.getLong(at + HEADER + 8 * counter);
  }

  /** Totals of pgWalUsage (BUFFERS). */
  public long wal(int counter) {
    return buffer.getLong(at + HEADER + 8 * (BUFFER_COUNTERS + counter));
  }

  /** QueryDesc whose plan was walked (PLAN). */
  public long planObject() {
    return buffer.getLong(at + HEADER);
  }

  /** Nodes that were sent before, whether or not the ring took them (PLAN). */
  public int planNodes() {
    return buffer.getInt(at + HEADER + 8);
  }

  /** Whether the tree has more nodes than were sent (PLAN). */
  public boolean planCut() {
    return buffer.getInt(at + HEADER + 12) != 0;
  }

  /** A copy of this record that outlives the buffer (PLAN_NODE). */
  public PlanNodeEvent planNode() {
    byte[] copy = new byte[length()];
    buffer.get(at, copy);
    return new PlanNodeEvent(copy);
  }

  public boolean waitBegunBefore() {
    return (flags() & FLAG_WAIT_BEGUN) != 0;
  }

  public long waitDurationNanos() {
    return buffer.getLong(at + HEADER);
  }

  public long waitCpuNanos() {
    return buffer.getLong(at + HEADER + 8);
  }

  public long waitOffset() {
    return buffer.getLong(at + HEADER + 16);
  }

  public long waitBytes() {
    return buffer.getLong(at + HEADER + 24);
  }

  public int waitEvent() {
    return buffer.getInt(at + HEADER + 32);
  }

  public int waitCalls() {
    return buffer.getInt(at + HEADER + 36);
  }

  public int waitDescriptor() {
    return buffer.getInt(at + HEADER + 40);
  }

  /** LOCKMODE of the heavyweight lock waited for, 0 when the wait is for none. */
  public int waitLockMode() {
    return buffer.getInt(at + HEADER + 44);
  }

  /** One of the four words of LOCKTAG. */
  public int waitLockTag(int word) {
    return buffer.getInt(at + HEADER + 48 + 4 * word);
  }

  /**
   * Copies what names the file that a wait is for: bytes that are equal for the same file.
   *
   * @param into of {@link #WAIT_FILE_BYTES} bytes
   * @return false, with nothing copied, when the wait is for none
   */
  public boolean waitFile(byte[] into) {
    if ((flags() & FLAG_WAIT_FILE) == 0) {
      return false;
    }
    buffer.get(at + WAIT_DETAIL, into, 0, WAIT_FILE_BYTES);
    return true;
  }

  /** How many names below the working directory it is: 1, 2, 3; 0 elsewhere or deeper. */
  public int waitFileDepth() {
    return buffer.getInt(at + WAIT_DETAIL);
  }

  public byte[] waitFileName() {
    return terminated(at + WAIT_DETAIL + 8, FILE_NAME);
  }

  public byte[] waitFileParent() {
    return terminated(at + WAIT_DETAIL + 8 + FILE_NAME, FILE_PARENT);
  }

  public byte[] waitFileGrandparent() {
    return terminated(at + WAIT_DETAIL + 8 + FILE_NAME + FILE_PARENT, FILE_GRANDPARENT);
  }

  /** Whether the wait is for an asynchronous IO, whose blocks are known. */
  public boolean isWaitForBlocks() {
    return (flags() & FLAG_WAIT_BLOCK) != 0;
  }

  /** OID; where {@link #isWaitForBlocks()}, as are those that follow. */
  public long waitBlockTablespace() {
    return Integer.toUnsignedLong(buffer.getInt(at + WAIT_DETAIL));
  }

  /** OID, 0 for a shared catalog. */
  public long waitBlockDatabase() {
    return Integer.toUnsignedLong(buffer.getInt(at + WAIT_DETAIL + 4));
  }

  public long waitBlockFile() {
    return Integer.toUnsignedLong(buffer.getInt(at + WAIT_DETAIL + 8));
  }

  /** The first one, by its number in the fork. */
  public long waitBlock() {
    return Integer.toUnsignedLong(buffer.getInt(at + WAIT_DETAIL + 12));
  }

  /** How many in a row. */
  public long waitBlocks() {
    return Integer.toUnsignedLong(buffer.getInt(at + WAIT_DETAIL + 16));
  }

  /** ForkNumber of common/relpath.h. */
  public int waitBlockFork() {
    return buffer.getInt(at + WAIT_DETAIL + 20);
  }

  /** Of a temporary relation, which one process has for itself. */
  public boolean isWaitBlockTemporary() {
    return buffer.getInt(at + WAIT_DETAIL + 24) != 0;
  }

  /** How many holders of the lock waited for are known. */
  public int waitLockHolders() {
    return (flags() & FLAG_WAIT_LOCK) == 0 ? 0 : Math.min(16, buffer.getInt(at + WAIT_DETAIL));
  }

  /** Whether there may be more than those. */
  public boolean waitLockHoldersCut() {
    return (flags() & FLAG_WAIT_LOCK) == 0 || buffer.getInt(at + WAIT_DETAIL + 4) != 0;
  }

  /** A holder's pid in the server's pid namespace, 0 a prepared transaction. */
  public int waitLockHolder(int index) {
    return buffer.getInt(at + WAIT_DETAIL + 8 + 4 * index);
  }

  /** How many holders of the lock are known (LOCK_SLEEP). */
  public int sleepHolders() {
    return Math.min(16, buffer.getInt(at + HEADER));
  }

  /** As {@link #waitLockHolder} (LOCK_SLEEP). */
  public int sleepHolder(int index) {
    return buffer.getInt(at + HEADER + 8 + 4 * index);
  }

  /** When the server started, nanoseconds of CLOCK_BOOTTIME (RELATION). */
  public long relationServerStartNanos() {
    return buffer.getLong(at + HEADER);
  }

  public int relationServerPid() {
    return buffer.getInt(at + HEADER + 8);
  }

  /** OID of its database, 0 for a shared catalog. */
  public long relationDatabase() {
    return Integer.toUnsignedLong(buffer.getInt(at + HEADER + 12));
  }

  /** Its relfilenode. */
  public long relationFile() {
    return Integer.toUnsignedLong(buffer.getInt(at + HEADER + 16));
  }

  public long relationTablespace() {
    return Integer.toUnsignedLong(buffer.getInt(at + HEADER + 20));
  }

  public long relationOid() {
    return Integer.toUnsignedLong(buffer.getInt(at + HEADER + 24));
  }

  /** Number of the backend whose temporary relation it is, -1 of a permanent one. */
  public int relationBackend() {
    return buffer.getInt(at + HEADER + 28);
  }

  public byte[] relationName() {
    return terminated(at + HEADER + 32, NAME_LENGTH);
  }

  public boolean transactionCommitted() {
    return buffer.getInt(at + HEADER) != 0;
  }

  public boolean transactionReadOnly() {
    return buffer.getInt(at + HEADER + 4) != 0;
  }

  /** Whether the error ends the session. */
  public boolean errorFatal() {
    return (flags() & FLAG_FATAL) != 0;
  }

  /** PostgreSQL's packed SQLSTATE (ERROR, THROWN). */
  public int errorSqlstate() {
    return buffer.getInt(at + HEADER);
  }

  /** Query descriptor (BINDS). */
  public long bindObject() {
    return buffer.getLong(at + HEADER);
  }

  /** n of $n; in the last record how many values were sent. */
  public int bindPosition() {
    return buffer.getInt(at + HEADER + 8);
  }

  /** OID of the data type; in the last record how many values there are. */
  public int bindType() {
    return buffer.getInt(at + HEADER + 12);
  }

  /** Bytes of the whole value, {@link #BIND_UNKNOWN} when its end was not seen. */
  public int bindLength() {
    return buffer.getInt(at + HEADER + 16);
  }

  /** {@code enum bind_state}. */
  public int bindState() {
    return buffer.getInt(at + HEADER + 24);
  }

  /** The bytes of the value that were read. */
  public byte[] bindBytes() {
    int head = HEADER + 32;
    int n = Math.min(buffer.getInt(at + HEADER + 20), length() - head);
    byte[] bytes = new byte[Math.max(0, n)];
    buffer.get(at + head, bytes);
    return bytes;
  }

  /** Index of the binary that it is about (LAYOUT). */
  public int layoutBinary() {
    return buffer.getInt(at + HEADER);
  }

  /** {@code enum layout_part}. */
  public int layoutPart() {
    return buffer.getInt(at + HEADER + 4);
  }

  /** {@code enum layout_check}. */
  public int layoutCheck() {
    return buffer.getInt(at + HEADER + 8);
  }

  public long layoutExpected() {
    return buffer.getLong(at + HEADER + 16);
  }

  public long layoutFound() {
    return buffer.getLong(at + HEADER + 24);
  }

  /** As wait(2) reports it. */
  public int exitStatus() {
    return buffer.getInt(at + HEADER);
  }

  /** One of the CAUSE constants. */
  public int settingCause() {
    return buffer.getInt(at + HEADER);
  }

  /** GucSource of the server, -1 for what is none of its settings. */
  public int settingSource() {
    return buffer.getInt(at + HEADER + 4);
  }

  /** Level in force after the setting. */
  public int settingLevel() {
    return buffer.getInt(at + HEADER + 8);
  }

  public int settingLevelBefore() {
    return buffer.getInt(at + HEADER + 12);
  }

  /** Sum of SETTING constants. */
  public int settingProperties() {
    return buffer.getInt(at + HEADER + 16);
  }

  public byte[] settingName() {
    return terminated(at + HEADER + 24, NAME_LENGTH);
  }

  private byte[] terminated(int offset, int room) {
    int n = 0;
    while (n < room && buffer.get(offset + n) != 0) {
      n++;
    }
    if (n == 0) {
      return NOTHING;
    }
    byte[] bytes = new byte[n];
    buffer.get(offset, bytes);
    return bytes;
  }
}
