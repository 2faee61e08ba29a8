package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Bind;
import io.pgstitch.schema.Binds;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.ErrorLine;
import io.pgstitch.schema.FunctionCall;
import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.Stat;
import io.pgstitch.schema.WaitLine;
import io.pgstitch.schema.WalUsage;
import io.pgstitch.testkit.trace.BlockCounts;
import io.pgstitch.testkit.trace.RecordStatements;
import io.pgstitch.testkit.trace.SpanStatements;
import io.pgstitch.testkit.trace.SpanStatements.ViewedSpan;
import io.pgstitch.testkit.trace.TwoViews;
import io.pgstitch.testkit.trace.WalCounts;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Compares what a stitcher put out as spans with what it put out as records. */
final class StitchedViews {
  private StitchedViews() {}

  /** Fails when they tell different things of the session. */
  static void check(Stitched stitched) {
    assertThat(TwoViews.differences(spans(stitched), List.of(records(stitched))).stream().limit(3))
        .isEmpty();
  }

  private static SpanStatements spans(Stitched stitched) {
    SpanStatements spans = new SpanStatements();
    for (QueryTrace trace : stitched.traces) {
      trace.getSpans().forEach(span -> spans.add(viewed(trace, span)));
    }
    return spans;
  }

  private static ViewedSpan viewed(QueryTrace trace, Span span) {
    BufferUsage used = span.getBuffers() == null ? new BufferUsage() : span.getBuffers();
    return new ViewedSpan(
        trace.getTraceId(),
        span.getSpanId(),
        span.getParentSpanId(),
        // Nobody put it under a leader here, so its clock is its own.
        span.getKind() == SpanKind.WORKER ? "STATEMENT" : span.getKind().name(),
        span.getName(),
        span.getDepth(),
        span.getStartUtcNs(),
        span.getEndUtcNs(),
        span.getText() == null ? "" : span.getText(),
        span.getSqlstate() == null ? "" : span.getSqlstate(),
        span.getCpuNs() / 1000,
        span.getRows(),
        counts(used),
        made(span.getWal()),
        span.getBegunBefore(),
        span.getTextTruncated(),
        file(span.getEventClass(), span.getTarget()),
        types(span.getBinds()),
        span.getLockHolders() == null
            ? ""
            : span.getLockHolders().stream()
                .map(LockHolderLink::getText)
                .collect(Collectors.joining("; ")));
  }

  private static RecordStatements records(Stitched stitched) {
    RecordStatements statements = new RecordStatements();
    for (Object record : stitched.records) {
      if (record instanceof ParsingInCursor r) {
        byte[] text = r.getText().getBytes(StandardCharsets.UTF_8);
        statements.introduced(
            r.getCursor(),
            r.getDep(),
            new String(text, StandardCharsets.ISO_8859_1),
            r.getTimUs(),
            r.getBegunBefore(),
            r.getTextTruncated());
      } else if (record instanceof Call r) {
        statements.called(
            r.getCursor(),
            r.getKind().name(),
            r.getTimUs(),
            r.getElapsedUs(),
            r.getCpuUs(),
            blocks(r),
            made(r.getWal()),
            r.getRows());
      } else if (record instanceof Close r) {
        statements.closed(
            r.getCursor(),
            r.getTimUs(),
            r.getElapsedUs(),
            r.getCpuUs(),
            r.getBlocks() == null ? BlockCounts.NONE : counts(r.getBlocks()),
            made(r.getWal()));
      } else if (record instanceof WaitLine r) {
        String number = number(r.getEventClass(), r.getTarget());
        if (r.getNamesFile()) {
          statements.fileNamed(number, file(r.getEventClass(), r.getTarget()));
        }
        statements.waited(
            r.getCursor(),
            r.getEvent(),
            r.getTimUs(),
            r.getElapsedUs(),
            number,
            r.getBegunBefore());
      } else if (record instanceof Note r && r.getName().equals("LOCK HOLDER")) {
        statements.held(r.getText());
      } else if (record instanceof FunctionCall r) {
        statements.ranFunction(
            r.getCursor(), r.getName(), r.getTimUs(), r.getElapsedUs(), r.getCpuUs());
      } else if (record instanceof Binds r) {
        statements.bound(r.getCursor(), types(r.getBinds()));
      } else if (record instanceof ErrorLine r) {
        statements.failed(r.getCursor(), pack(r.getSqlstate()));
      } else if (record instanceof Stat r) {
        statements.planNode(r.getCursor(), r.getRows() == null ? -1 : r.getRows());
      }
    }
    return statements;
  }

  private static BlockCounts blocks(Call call) {
    BlockCounts shared =
        BlockCounts.ofShared(
            call.getPhysicalReads(), call.getConsistentReads(), call.getCurrentBlocks());
    return call.getBlocks() == null ? shared : counts(call.getBlocks());
  }

  private static BlockCounts counts(BufferUsage used) {
    return new BlockCounts(
        Map.of(
            "shared_hit", used.getSharedHit(),
            "shared_read", used.getSharedRead(),
            "shared_dirtied", used.getSharedDirtied(),
            "shared_written", used.getSharedWritten(),
            "local_hit", used.getLocalHit(),
            "local_read", used.getLocalRead(),
            "local_dirtied", used.getLocalDirtied(),
            "local_written", used.getLocalWritten(),
            "temp_read", used.getTempRead(),
            "temp_written", used.getTempWritten()));
  }

  private static WalCounts made(WalUsage wal) {
    return wal == null
        ? WalCounts.NONE
        : new WalCounts(wal.getRecords(), wal.getFullPageImages(), wal.getBytes());
  }

  private static String number(String eventClass, Object target) {
    if (!(target instanceof IoTarget io) || eventClass.equals("Client")) {
      return "";
    }
    return io.getRelfilenode() > 0
        ? "file#=" + io.getRelfilenode()
        : io.getFileDescriptor() < 0 ? "" : "fd=" + io.getFileDescriptor();
  }

  private static String file(String eventClass, Object target) {
    String number = number(eventClass, target);
    if (number.isEmpty()) {
      return "";
    }
    IoTarget io = (IoTarget) target;
    return number.startsWith("fd=")
        ? io.getFile()
        : String.join(
            "/",
            io.getFork(),
            String.valueOf(io.getTablespaceOid()),
            String.valueOf(io.getDatabaseOid()),
            String.valueOf(io.getRelationOid()),
            io.getRelation());
  }

  private static List<String> types(List<Bind> binds) {
    return binds == null
        ? List.of()
        : binds.stream()
            .map(
                bind ->
                    bind.getPosition()
                        + ("=" + bind.getTypeOid() + ":" + bind.getTypeName())
                        + (bind.getIsNull() ? ",null" : "")
                        + (bind.getCut() ? ",cut" : ""))
            .toList();
  }

  private static long pack(String sqlstate) {
    long packed = 0;
    for (int i = 0; i < sqlstate.length(); i++) {
      packed |= (long) ((sqlstate.charAt(i) - '0') & 0x3F) << (6 * i);
    }
    return packed;
  }
}
