package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.EndingStatement;
import io.pgstitch.processor.state.OpenCall;
import io.pgstitch.processor.state.OpenFrame;
import io.pgstitch.processor.state.OpenNested;
import io.pgstitch.processor.state.OpenSession;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.WalUsage;
import java.util.ArrayList;
import java.util.BitSet;

/** State of one backend with what follows from it: ids, clock, free cursor numbers. */
final class Session {
  private static final int FIRST_CURSOR = 101;

  final OpenSession state;
  final Backend backend;
  final TraceIds ids;
  final PendingOutput pending = new PendingOutput();
  final StitchLimits limits;
  final StitchCounters counters;
  private final BitSet cursors = new BitSet();
  private Reading lastReading = new Reading();
  final LastSlice slices = new LastSlice();

  Session(OpenSession state, Backend backend, StitchLimits limits, StitchCounters counters) {
    this.state = state;
    this.backend = backend;
    this.ids = new TraceIds(backend);
    this.limits = limits;
    this.counters = counters;
    if (state.getStatement() != null) {
      cursors.set(state.getStatement().getCursor());
    }
    for (OpenStatement statement : state.getSuspended()) {
      cursors.set(statement.getCursor());
    }
    for (EndingStatement ending : state.getEnding()) {
      cursors.set(ending.getStatement().getCursor());
    }
    for (OpenNested nested : state.getNested()) {
      cursors.set(nested.getCursor());
    }
  }

  /** The state of a backend of which nothing has been seen. */
  static OpenSession empty(Backend backend) {
    Reading now = new Reading();
    now.setBlocks(Readings.none());
    now.setWal(Readings.noWal());
    OpenSession state = new OpenSession();
    state.setNow(now);
    state.setMessageText("");
    state.setMessageIdentity(0);
    state.setLastStartNs(Long.MIN_VALUE);
    state.setSuspended(new ArrayList<>());
    state.setEnding(new ArrayList<>());
    state.setFrames(new ArrayList<>());
    state.setNested(new ArrayList<>());
    state.setCursorTexts(new ArrayList<>());
    state.setLaunches(new ArrayList<>());
    state.setToldFiles(new ArrayList<>());
    state.setTraceparent(SessionSettings.startingAs(""));
    state.setApplicationName(SessionSettings.startingAs(backend.getApplicationName()));
    state.setToldApplication(backend.getApplicationName());
    return state;
  }

  /** The backend, with the application's name as it was when a statement began. */
  Backend backendOf(OpenStatement statement) {
    return statement.getApplicationName().equals(backend.getApplicationName())
        ? backend
        : Backend.newBuilder(backend).setApplicationName(statement.getApplicationName()).build();
  }

  /** Whether it is a process without a client whose work was asked for. */
  boolean isBackground() {
    return backend.getKind() == BackendKind.OTHER;
  }

  OpenStatement statement() {
    return state.getStatement();
  }

  /**
   * Something of the running statement is not known. After a gap, and where the collector came into
   * the transaction, that is because it was not seen; otherwise it is of what began before the
   * session was traced in detail, and no statement's.
   */
  void unseenPart() {
    OpenStatement statement = state.getStatement();
    if (statement != null && (statement.getUnseenBefore() || state.getAttachedLater())) {
      statement.setComplete(false);
    }
  }

  /** The counters now; the same object as long as they do not move, and never changed. */
  Reading reading() {
    if (!Readings.isSame(lastReading, state.getNow())) {
      lastReading = Readings.copy(state.getNow());
    }
    return lastReading;
  }

  /** Counts blocks that were used since the last event. */
  void addBlocks(BufferUsage usage) {
    Reading now = state.getNow();
    now.setBlocks(Readings.plus(now.getBlocks(), usage));
  }

  /** Adds a record before others that are not sent; places that are remembered move with them. */
  void insertRecord(int place, Object record) {
    pending.insertRecord(place, record);
    OpenStatement statement = state.getStatement();
    if (statement != null && statement.getRowsRecord() >= place) {
      statement.setRowsRecord(statement.getRowsRecord() + 1);
    }
    if (state.getMark() != null && state.getMark().getRecords() > place) {
      state.getMark().setRecords(state.getMark().getRecords() + 1);
    }
  }

  /** Counts WAL that was made since the last event, null for none. */
  void addWal(WalUsage made) {
    Reading now = state.getNow();
    now.setWal(Readings.plus(now.getWal(), made));
  }

  long utcNs(long monotonicNs) {
    return monotonicNs + state.getUtcOffsetNs();
  }

  long utcUs(Reading at) {
    return Math.floorDiv(utcNs(at.getTimeNs()), 1000L);
  }

  int takeCursor() {
    int cursor = cursors.nextClearBit(FIRST_CURSOR);
    cursors.set(cursor);
    return cursor;
  }

  /** Takes the lowest number that is neither in use nor among some others. */
  int takeCursorOutside(BitSet others) {
    int cursor = cursors.nextClearBit(FIRST_CURSOR);
    while (others.get(cursor)) {
      cursor = cursors.nextClearBit(cursor + 1);
    }
    cursors.set(cursor);
    return cursor;
  }

  void releaseCursor(int cursor) {
    cursors.clear(cursor);
  }

  int takeOrdinal() {
    OpenStatement statement = state.getStatement();
    int ordinal = statement.getNextOrdinal();
    statement.setNextOrdinal(ordinal + 1);
    return ordinal;
  }

  /** The innermost open call or window that is part of the running statement's trace, or null. */
  OpenFrame innermost() {
    int size = state.getFrames().size();
    if (size == 0 || state.getStatement() == null) {
      return null;
    }
    OpenFrame top = state.getFrames().get(size - 1);
    return isInCall(top) ? top : null;
  }

  /**
   * Whether a frame lies in the running call window. One that began before it, e.g. the function
   * that handles the whole message, stands beside the window in the tree, and what happens in both
   * is the window's.
   */
  boolean isInCall(OpenFrame frame) {
    OpenCall call = state.getStatement() == null ? null : state.getStatement().getCall();
    return frame.getOrdinal() >= 0 && (call == null || frame.getOrdinal() > call.getOrdinal());
  }
}
