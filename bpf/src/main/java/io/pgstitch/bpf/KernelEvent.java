package io.pgstitch.bpf;

import static io.pgstitch.bpf.RecordWindow.HEADER;
import static io.pgstitch.bpf.RecordWindow.NAME_LENGTH;

import java.nio.ByteBuffer;

/**
 * A window on one record of the drained buffer: the structs of events.h. Moved from record to
 * record, it allocates nothing, and neither do its views, which are of one kind of record each and
 * show the one that is looked at. What belongs to one kind reads nonsense from another.
 */
public final class KernelEvent extends RecordWindow {
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

  /** The transaction has been given an id (ACTIVITY). */
  public static final int FLAG_HAD_XID = 1 << 16;

  /** The return was not seen: this is the next sight of the backend (EXIT). */
  public static final int FLAG_LATE = 1 << 17;

  /** Counters of BufferUsage in their order. */
  public static final int BUFFER_COUNTERS = 10;

  /** Counters of WalUsage: records, full page images, bytes. */
  public static final int WAL_COUNTERS = 3;

  private final SessionRecord session = new SessionRecord(this);
  private final StatementRecord statement = new StatementRecord(this);
  private final PortalRecord portal = new PortalRecord(this);
  private final WaitRecord wait = new WaitRecord(this);
  private final ErrorRecord error = new ErrorRecord(this);
  private final SettingRecord setting = new SettingRecord(this);
  private final BindRecord bind = new BindRecord(this);
  private final RelationRecord relation = new RelationRecord(this);
  private final LaunchRecord launch = new LaunchRecord(this);
  private final LayoutRecord layout = new LayoutRecord(this);

  /** Looks at the record that begins at an offset of a buffer in native byte order. */
  public KernelEvent moveTo(ByteBuffer newBuffer, int offset) {
    lookAt(newBuffer, offset);
    return this;
  }

  /** Where the next record begins. */
  @Override
  public int next() {
    return super.next();
  }

  @Override
  public int length() {
    return super.length();
  }

  @Override
  public int kind() {
    return super.kind();
  }

  /** Index of the function in the attached catalogue. */
  public int function() {
    return small(6) & 0xffff;
  }

  public int pid() {
    return number(8);
  }

  @Override
  public int flags() {
    return super.flags();
  }

  /** The level in force for the event, bits of {@link Levels}. */
  public int level() {
    return flags() >>> 24;
  }

  /** CLOCK_MONOTONIC nanoseconds. */
  public long timeNanos() {
    return word(16);
  }

  /** On-CPU nanoseconds since the backend was first seen. */
  public long cpuNanos() {
    return word(24);
  }

  public long sequence() {
    return word(32);
  }

  public long stack() {
    return word(40);
  }

  /** Of SESSION. */
  public SessionRecord session() {
    return session;
  }

  /** Of STATEMENT. */
  public StatementRecord statement() {
    return statement;
  }

  /** Of PORTAL. */
  public PortalRecord portal() {
    return portal;
  }

  /** Of WAIT. */
  public WaitRecord waited() {
    return wait;
  }

  /** Of ERROR; of THROWN its SQLSTATE. */
  public ErrorRecord error() {
    return error;
  }

  /** Of SETTING. */
  public SettingRecord setting() {
    return setting;
  }

  /** Of BINDS. */
  public BindRecord bind() {
    return bind;
  }

  /** Of RELATION. */
  public RelationRecord relation() {
    return relation;
  }

  /** Of WORKER_LAUNCHED. */
  public LaunchRecord launch() {
    return launch;
  }

  /** Of LAYOUT. */
  public LayoutRecord layout() {
    return layout;
  }

  /** {@code BackendState} of the server (ACTIVITY). */
  public int activityState() {
    return number(HEADER);
  }

  /** What the function works on: a Portal, a QueryDesc; 0 for none (ENTRY). */
  public long entryObject() {
    return word(HEADER);
  }

  /** Rows that a run processed, -1 unknown; of PortalRun whether it is complete (EXIT). */
  public long exitRows() {
    return word(HEADER);
  }

  public long commandRows() {
    return word(HEADER);
  }

  public int commandTag() {
    return number(HEADER + 8);
  }

  public boolean transactionCommitted() {
    return number(HEADER) != 0;
  }

  public boolean transactionReadOnly() {
    return number(HEADER + 4) != 0;
  }

  /** Totals of pgBufferUsage (BUFFERS). */
  public long buffers(int counter) {
    return word(HEADER + 8 * counter);
  }

  /** Totals of pgWalUsage (BUFFERS). */
  public long wal(int counter) {
    return word(HEADER + 8 * (BUFFER_COUNTERS + counter));
  }

  /** QueryDesc whose plan was walked (PLAN). */
  public long planObject() {
    return word(HEADER);
  }

  /** Nodes that were sent before, whether or not the ring took them (PLAN). */
  public int planNodes() {
    return number(HEADER + 8);
  }

  /** Whether the tree has more nodes than were sent (PLAN). */
  public boolean planCut() {
    return number(HEADER + 12) != 0;
  }

  /** A copy of this record that outlives the buffer (PLAN_NODE). */
  public PlanNodeEvent planNode() {
    return new PlanNodeEvent(bytes(0, length()));
  }

  /** How many holders of the lock are known (LOCK_SLEEP). */
  public int sleepHolders() {
    return Math.min(16, number(HEADER));
  }

  /** A holder's pid, as {@link WaitRecord#lockHolder} (LOCK_SLEEP). */
  public int sleepHolder(int index) {
    return number(HEADER + 8 + 4 * index);
  }

  /** As wait(2) reports it (BACKEND_END). */
  public int exitStatus() {
    return number(HEADER);
  }

  /** Length in bytes of the event's whole text, of which {@link #text} has the last piece. */
  public int textLength() {
    return switch (kind()) {
      case ACTIVITY -> number(HEADER + 4);
      case STATEMENT, PORTAL -> number(HEADER + 28);
      case SETTING -> number(HEADER + 20);
      case ERROR -> error.messageLength();
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
    return textBytes() == text.length && has(textAt(), text);
  }

  private int textAt() {
    return switch (kind()) {
      case ACTIVITY -> HEADER + 8;
      case ERROR -> ErrorRecord.TEXTS;
      case STATEMENT -> HEADER + 32;
      case PORTAL -> HEADER + 32 + 2 * NAME_LENGTH;
      case SETTING -> HEADER + 24 + NAME_LENGTH;
      default -> HEADER;
    };
  }

  private int textBytes() {
    int behind = kind() == ERROR ? error.behindMessage() : 0;
    return Math.max(0, length() - textAt() - behind);
  }
}
