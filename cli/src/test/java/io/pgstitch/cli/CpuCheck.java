package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;

/**
 * A statement that computes and waits for nothing (its rows are in no temporary file), and what the
 * scheduler says its backend used for it.
 *
 * @param usedNanos on-CPU time of the backend while it ran, by /proc/PID/schedstat
 */
record CpuCheck(long usedNanos) {
  private static final String TEXT =
      "select count(*) from (select generate_series(1, 9000000) g) s where g % 7 = 3";

  /** Runs it. Before and after, the backend sleeps, so that its account is settled. */
  static CpuCheck run(String jdbcUrl) throws Exception {
    try (Connection c = DriverManager.getConnection(jdbcUrl + "&preferQueryMode=simple");
        Statement s = c.createStatement()) {
      Path account;
      try (ResultSet pid = s.executeQuery("select pg_backend_pid()")) {
        pid.next();
        account = Path.of("/proc/" + pid.getInt(1) + "/schedstat");
      }
      long before = used(account);
      ClientWorkloads.drain(s.executeQuery(TEXT));
      return new CpuCheck(used(account) - before);
    }
  }

  private static long used(Path account) throws Exception {
    long last = -1;
    while (true) {
      long now = Long.parseLong(Files.readString(account).split(" ", -1)[0]);
      if (now == last) {
        return now;
      }
      last = now;
      Thread.sleep(20);
    }
  }

  void compareWith(ExportedTraces traces) {
    ExportedSpan root = traces.trace(TEXT).stream().filter(ExportedSpan::isRoot).findFirst().get();
    double traced = Long.parseLong(root.attributes().get("pgstitch.cpu_us")) * 1000.0;
    assertThat(usedNanos).isGreaterThan(100_000_000L);
    assertThat(traced / usedNanos).isBetween(0.95, 1.05);
  }
}
