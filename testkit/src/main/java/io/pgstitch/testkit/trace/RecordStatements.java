package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.StatementView.CallFigures;
import io.pgstitch.testkit.trace.StatementView.FunctionFigures;
import io.pgstitch.testkit.trace.StatementView.WaitFigures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Statements as the 10046 records of one session tell them, which come in the session's order: from
 * the PARSING IN CURSOR to the CLOSE, a cursor number stands for one statement.
 */
public final class RecordStatements {

  private final Map<Long, StatementView> open = new HashMap<>();
  private final List<StatementView> statements = new ArrayList<>();
  private final List<WaitFigures> outside = new ArrayList<>();
  private List<WaitFigures> lastWaits = outside;

  /** What {@code file#=N} and {@code fd=N} mean. */
  private final Map<String, String> files = new HashMap<>();

  /** PARSING IN CURSOR; the text in UTF-8, one char for each byte. */
  public void introduced(
      long cursor, long depth, String text, long timUs, boolean begunBefore, boolean textCut) {
    StatementView view = new StatementView(depth, timUs, text);
    view.begunBefore = begunBefore;
    view.textCut = textCut;
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
      BlockCounts blocks,
      WalCounts wal,
      long rows) {
    of(cursor).calls.add(new CallFigures(kind, timUs, elapsedUs, cpuUs, blocks, wal, rows));
  }

  /** CLOSE. */
  public void closed(
      long cursor, long timUs, long elapsedUs, long cpuUs, BlockCounts blocks, WalCounts wal) {
    StatementView view = of(cursor);
    view.endUs = timUs;
    view.closeElapsedUs = elapsedUs;
    view.closeCpuUs = cpuUs;
    view.closeBlocks = blocks;
    view.closeWal = wal;
    open.remove(cursor);
  }

  /** The star line LOCK HOLDER behind a wait. */
  public void held(String holder) {
    int last = lastWaits.size() - 1;
    lastWaits.set(last, lastWaits.get(last).and(holder));
  }

  /** FILE: what the number of a file means from here on. */
  public void fileNamed(String number, String meaning) {
    files.put(number, meaning);
  }

  /**
   * WAIT.
   *
   * @param cursor 0 when it belongs to no call
   * @param file number of its file, empty where it has none; must have been named
   */
  public void waited(
      long cursor, String event, long timUs, long elapsedUs, String file, boolean begunBefore) {
    String meaning = file.isEmpty() ? "" : files.get(file);
    if (meaning == null) {
      throw new AssertionError("no FILE line says what " + file + " of " + event + " is");
    }
    lastWaits = cursor == 0 ? outside : of(cursor).waits;
    lastWaits.add(new WaitFigures(event, timUs, elapsedUs, meaning, begunBefore, ""));
  }

  /** FUNCTION. */
  public void ranFunction(long cursor, String name, long timUs, long elapsedUs, long cpuUs) {
    of(cursor).functions.add(new FunctionFigures(name, timUs, elapsedUs, cpuUs));
  }

  /** BIND TYPES. */
  public void bound(long cursor, List<String> types) {
    of(cursor).bindTypes.addAll(types);
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
    List<TraceRecord> lines = TraceGrammar.parse(text, violations);
    for (int i = 0; i < lines.size(); i++) {
      records.take(lines.get(i), lines.subList(i + 1, Math.min(lines.size(), i + 3)));
    }
    if (!violations.isEmpty()) {
      throw new AssertionError(file + ": " + violations.get(0));
    }
    return records;
  }

  private void take(TraceRecord record, List<TraceRecord> next) {
    if (record instanceof TraceRecord.Parsing r) {
      boolean begun = said(next, TraceRecord.Begun.class).isPresent();
      boolean cut = said(next, TraceRecord.TextCut.class).isPresent();
      introduced(r.cursor(), r.dep(), r.text(), r.tim(), begun, cut);
    } else if (record instanceof TraceRecord.Call r) {
      WalCounts wal =
          said(next, TraceRecord.Wal.class).map(TraceRecord.Wal::made).orElse(WalCounts.NONE);
      Optional<BlockCounts> blocks =
          said(next, TraceRecord.Blocks.class).map(TraceRecord.Blocks::counts);
      if (r.isClose()) {
        closed(r.cursor(), r.tim(), r.e(), r.c(), blocks.orElse(BlockCounts.NONE), wal);
      } else {
        BlockCounts shared = BlockCounts.ofShared(r.p(), r.cr(), r.cu());
        called(r.cursor(), r.kind(), r.tim(), r.e(), r.c(), blocks.orElse(shared), wal, r.rows());
      }
    } else if (record instanceof TraceRecord.NamedFile r) {
      byte[] meaning = r.meaning().getBytes(StandardCharsets.ISO_8859_1);
      fileNamed(r.number(), new String(meaning, StandardCharsets.UTF_8));
    } else if (record instanceof TraceRecord.Wait r) {
      boolean begun =
          said(next, TraceRecord.Begun.class).filter(TraceRecord.Begun::ofWait).isPresent();
      waited(r.cursor(), r.event(), r.tim(), r.ela(), r.file(), begun);
    } else if (record instanceof TraceRecord.LockHolder r) {
      held(r.text());
    } else if (record instanceof TraceRecord.FunctionCall r) {
      ranFunction(r.cursor(), r.name(), r.tim(), r.e(), r.c());
    } else if (record instanceof TraceRecord.BindTypes r) {
      bound(r.cursor(), r.types());
    } else if (record instanceof TraceRecord.Failure r) {
      failed(r.cursor(), r.err());
    } else if (record instanceof TraceRecord.Stat r) {
      planNode(r.cursor(), r.cnt());
    }
  }

  /** The star line of a kind among those that stand right behind a record. */
  private static <T extends TraceRecord> Optional<T> said(List<TraceRecord> next, Class<T> kind) {
    for (TraceRecord record : next) {
      if (kind.isInstance(record)) {
        return Optional.of(kind.cast(record));
      }
      if (!TraceRecord.isBehindAnother(record)) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }
}
