package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.StatementView.CallFigures;
import io.pgstitch.testkit.trace.StatementView.WaitFigures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Statements as the 10046 records of one session tell them, which come in the session's order: from
 * the PARSING IN CURSOR to the CLOSE, a cursor number stands for one statement.
 */
public final class RecordStatements {
  private static final String LOCK_HOLDER = "*** LOCK HOLDER: ";

  private final Map<Long, StatementView> open = new HashMap<>();
  private final List<StatementView> statements = new ArrayList<>();
  private final List<WaitFigures> outside = new ArrayList<>();
  private List<WaitFigures> lastWaits = outside;

  /** PARSING IN CURSOR; the text in UTF-8, one char for each byte. */
  public void introduced(long cursor, long depth, String text, long timUs) {
    StatementView view = new StatementView(depth, timUs, text);
    open.put(cursor, view);
    statements.add(view);
  }

  /** PARSE, EXEC or FETCH. */
  public void called(
      long cursor,
      String kind,
      long timUs,
      long elapsedUs,
      long cpuUs,
      long physicalReads,
      long consistentReads,
      long currentBlocks,
      long rows) {
    of(cursor)
        .calls
        .add(
            new CallFigures(
                kind,
                timUs,
                elapsedUs,
                cpuUs,
                physicalReads,
                consistentReads,
                currentBlocks,
                rows));
  }

  /** CLOSE. */
  public void closed(long cursor, long timUs, long elapsedUs, long cpuUs) {
    StatementView view = of(cursor);
    view.endUs = timUs;
    view.closeElapsedUs = elapsedUs;
    view.closeCpuUs = cpuUs;
    open.remove(cursor);
  }

  /** WAIT; cursor 0 when it belongs to no call. */
  public void waited(long cursor, String event, long timUs, long elapsedUs) {
    lastWaits = cursor == 0 ? outside : of(cursor).waits;
    lastWaits.add(new WaitFigures(event, timUs, elapsedUs, ""));
  }

  /** The star line LOCK HOLDER behind a wait. */
  public void held(String holder) {
    int last = lastWaits.size() - 1;
    lastWaits.set(last, lastWaits.get(last).and(holder));
  }

  /** ERROR; the error as PostgreSQL packs an SQLSTATE. */
  public void failed(long cursor, long error) {
    if (cursor != 0) {
      of(cursor).error = error;
    }
  }

  /** STAT, or a line that stands for one; -1 when the rows were not measured. */
  public void planNode(long cursor, long rows) {
    of(cursor).planRows.add(rows);
  }

  private StatementView of(long cursor) {
    StatementView view = open.get(cursor);
    if (view == null) {
      throw new AssertionError("a record names cursor " + cursor + ", which is not open");
    }
    return view;
  }

  /** The statements so far. */
  public List<StatementView> statements() {
    return statements;
  }

  /** Waits outside of calls. */
  List<WaitFigures> outside() {
    return outside;
  }

  /** Reads a trace file, which must keep the grammar. */
  public static RecordStatements of(Path file) throws IOException {
    List<TraceViolation> violations = new ArrayList<>();
    RecordStatements records = new RecordStatements();
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    String[] lines = text.split("\n", -1);
    for (TraceRecord record : TraceGrammar.parse(text, violations)) {
      if (record instanceof TraceRecord.Parsing r) {
        records.introduced(r.cursor(), r.dep(), r.text(), r.tim());
      } else if (record instanceof TraceRecord.Call r && r.isClose()) {
        records.closed(r.cursor(), r.tim(), r.e(), r.c());
      } else if (record instanceof TraceRecord.Call r) {
        records.called(
            r.cursor(), r.kind(), r.tim(), r.e(), r.c(), r.p(), r.cr(), r.cu(), r.rows());
      } else if (record instanceof TraceRecord.Wait r) {
        records.waited(r.cursor(), r.event(), r.tim(), r.ela());
        for (int i = r.line(); i < lines.length && lines[i].startsWith("*** LOCK"); i++) {
          if (lines[i].startsWith(LOCK_HOLDER)) {
            records.held(lines[i].substring(LOCK_HOLDER.length()));
          }
        }
      } else if (record instanceof TraceRecord.Failure r) {
        records.failed(r.cursor(), r.err());
      } else if (record instanceof TraceRecord.Stat r) {
        records.planNode(r.cursor(), r.cnt());
      }
    }
    if (!violations.isEmpty()) {
      throw new AssertionError(file + ": " + violations.get(0));
    }
    return records;
  }
}
