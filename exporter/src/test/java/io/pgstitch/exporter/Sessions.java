package io.pgstitch.exporter;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.CallKind;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.schema.TransactionEndLine;
import io.pgstitch.schema.WaitLine;
import java.util.List;

/** Records of made-up sessions, each a function of its arguments alone. */
public final class Sessions {

  /** 2026-01-05T10:00:00Z in nanoseconds. */
  public static final long START_NS = 1_767_607_200_000_000_000L;

  private static final long START_US = START_NS / 1000;

  private Sessions() {}

  public static Backend backend(int pid) {
    return new Backend(
        "default",
        "db1.example",
        "6c1f3c1e-0000-4000-8000-000000000001",
        pid,
        1_000_000_000L,
        0,
        BackendKind.CLIENT,
        "shop",
        "alice",
        "psql",
        "[local]",
        100,
        5432,
        150018,
        "/var/lib/postgresql/15/main",
        "client backend",
        0L,
        -1,
        pid,
        START_US + 123_456L,
        0x69b2c1f0a8e3d5f1L);
  }

  /** The records of one statement: number {@code n} of the session of {@code pid}. */
  public static TraceRecords statement(int pid, int n) {
    long tim = START_US + 1000L * n;
    return records(
        pid,
        new ParsingInCursor(
            101,
            "select " + n + " /* " + "x".repeat(n % 700) + " */",
            0,
            0,
            "SELECT",
            tim,
            false,
            false),
        call(CallKind.PARSE, tim + 100),
        call(CallKind.EXEC, tim + 200),
        new WaitLine(
            101,
            "IO",
            "DataFileRead",
            50L,
            new IoTarget(7, 16384L, 8192L, 0L, 0L, 0L, "", -1L, 0L, "", ""),
            -1L,
            tim + 250,
            true,
            false),
        call(CallKind.FETCH, tim + 300),
        new Close(101, 1L, 2L, 0, 0, tim + 310, null, null),
        new TransactionEndLine(false, true, tim + 310));
  }

  public static TraceRecords records(int pid, Object... lines) {
    return new TraceRecords(backend(pid), "", 0, START_NS, List.of(lines), List.of());
  }

  public static Call call(CallKind kind, long tim) {
    return new Call(kind, 101, 40L, 90L, 1L, 3L, 0L, 1, 1L, 0, 77L, tim, null, null);
  }
}
