package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.Phase;
import io.pgstitch.processor.state.Reading;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.Binds;
import io.pgstitch.schema.BindsBound;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.CallKind;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.ErrorReported;
import io.pgstitch.schema.FunctionCall;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.TransactionEndLine;
import io.pgstitch.schema.Wait;
import io.pgstitch.schema.WaitLine;
import io.pgstitch.schema.WalUsage;
import java.util.List;

/** Makes 10046 records and adds them to the session's, which are in order of time. */
final class RecordLines {
  /** The cursor is gone. */
  static final int CLOSE_DROPPED = 0;

  /** The text stays prepared. */
  static final int CLOSE_KEPT_AS_PREPARED = 1;

  private final Session session;
  private final ToldFiles files;

  RecordLines(Session session) {
    this.session = session;
    this.files = new ToldFiles(session.state.getToldFiles());
  }

  void introduce(int cursor, int depth, String text, boolean truncated, String tag, Reading at) {
    ParsingInCursor record = new ParsingInCursor();
    record.setCursor(cursor);
    record.setText(text);
    record.setTextTruncated(truncated);
    record.setDep(depth);
    record.setCommandTag(tag);
    record.setTimUs(session.utcUs(at));
    session.pending.addRecord(record);
  }

  void call(
      Phase phase,
      int cursor,
      int depth,
      long queryId,
      Reading start,
      Reading end,
      int misses,
      long rows) {
    Call call = new Call();
    call.setKind(
        switch (phase) {
          case PARSE -> CallKind.PARSE;
          case FETCH -> CallKind.FETCH;
          case EXEC, UNDETERMINED, CLOSE -> CallKind.EXEC;
        });
    call.setCursor(cursor);
    call.setDep(depth);
    call.setQueryId(queryId);
    call.setCpuUs(Readings.cpuUs(start, end));
    call.setElapsedUs(elapsedUs(start, end));
    BufferUsage moved = Readings.between(start.getBlocks(), end.getBlocks());
    if (moved != null) {
      long reads = moved.getSharedRead() + moved.getLocalRead() + moved.getTempRead();
      call.setPhysicalReads(reads);
      call.setConsistentReads(moved.getSharedHit() + moved.getLocalHit() + reads);
      call.setCurrentBlocks(moved.getSharedDirtied() + moved.getLocalDirtied());
      call.setBlocks(Readings.isSharedAlone(moved) ? null : moved);
    }
    call.setWal(Readings.between(start.getWal(), end.getWal()));
    call.setMisses(misses);
    call.setRows(Math.max(0, rows));
    call.setTimUs(session.utcUs(end));
    session.pending.addRecord(call);
  }

  void close(
      int cursor,
      int depth,
      int type,
      long cpuUs,
      long elapsedUs,
      WalUsage wal,
      BufferUsage blocks,
      Reading end) {
    Close close = new Close();
    close.setCursor(cursor);
    close.setDep(depth);
    close.setCloseType(type);
    close.setCpuUs(cpuUs);
    close.setElapsedUs(elapsedUs);
    close.setWal(wal);
    close.setBlocks(blocks);
    close.setTimUs(session.utcUs(end));
    session.pending.addRecord(close);
  }

  /**
   * Bind values; they stand before the EXEC of their execution, which may have ended. Where that
   * was sent already, a line says that they come late.
   *
   * @param execEnded whether it has ended
   */
  void binds(int cursor, BindsBound event, boolean execEnded) {
    List<Object> records = session.pending.records();
    int place = BindsPlace.in(records, cursor);
    if (execEnded && place == records.size()) {
      note("BINDS LATE", "#" + cursor + " of the EXEC above");
      place++;
    }
    Binds line = new Binds();
    line.setCursor(cursor);
    line.setTotal(event.getTotal());
    line.setBinds(event.getBinds());
    line.setTimUs(
        place < records.size()
            ? BindsPlace.timeBefore(records, place)
            : session.utcUs(session.state.getNow()));
    session.insertRecord(place, line);
  }

  /** A wait that has ended now; cursor 0 when it belongs to no statement. */
  void waited(Wait wait, String eventClass, String event, Reading start, int cursor) {
    Reading end = session.state.getNow();
    WaitLine line = new WaitLine();
    line.setEventClass(eventClass);
    line.setEvent(event);
    line.setElapsedUs(elapsedUs(start, end));
    line.setTarget(wait.getTarget());
    line.setObjectId(WaitedObject.oid(wait.getTarget()));
    line.setTimUs(session.utcUs(end));
    line.setCursor(cursor);
    line.setBegunBefore(wait.getBegunBefore());
    line.setNamesFile(files.isNews(eventClass, wait.getTarget()));
    session.pending.addRecord(line);
  }

  /** A call of a function that has ended. */
  void function(int cursor, String name, int dep, Reading start, Reading end) {
    FunctionCall line = new FunctionCall();
    line.setCursor(cursor);
    line.setName(name);
    line.setDep(dep);
    line.setCpuUs(Readings.cpuUs(start, end));
    line.setElapsedUs(elapsedUs(start, end));
    line.setTimUs(session.utcUs(end));
    session.pending.addRecord(line);
  }

  void transactionEnd(boolean committed, boolean readOnly) {
    TransactionEndLine line = new TransactionEndLine();
    line.setRollback(!committed);
    line.setReadOnly(readOnly);
    line.setTimUs(session.utcUs(session.state.getNow()));
    session.pending.addRecord(line);
  }

  void error(int cursor, ErrorReported error) {
    ErrorLine line = new ErrorLine();
    line.setCursor(cursor);
    line.setSqlstate(error.getSqlstate());
    line.setMessage(error.getMessage());
    line.setDetail(error.getDetail());
    line.setHint(error.getHint());
    line.setTimUs(session.utcUs(session.state.getNow()));
    session.pending.addRecord(line);
  }

  void note(String name, String text) {
    note(name, text, session.state.getNow());
  }

  private void note(String name, String text, Reading at) {
    Note note = new Note();
    note.setName(name);
    note.setText(text);
    note.setTimUs(session.utcUs(at));
    session.pending.addRecord(note);
  }

  /** Which application the statements are of from some moment on. */
  void ofApplication(String name, Reading since) {
    if (!name.equals(session.state.getToldApplication())) {
      note("MODULE NAME", name, since);
      session.state.setToldApplication(name);
    }
  }

  /** Whose share of a statement the session's records are, from some moment on. */
  void ofWorker(Backend worker, Reading since) {
    note(
        "PARALLEL WORKER OF",
        "pid=%d context=%d number=%d; blocks and WAL are in the leader's figures too"
            .formatted(worker.getLeaderPid(), worker.getWorkerContext(), worker.getWorkerNumber()),
        since);
  }

  /** Microseconds from one reading to another, such that consecutive windows add up exactly. */
  long elapsedUs(Reading start, Reading end) {
    return session.utcUs(end) - session.utcUs(start);
  }
}
