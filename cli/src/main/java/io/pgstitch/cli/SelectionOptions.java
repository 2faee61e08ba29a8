package io.pgstitch.cli;

import io.pgstitch.processor.replay.TraceSelection;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import picocli.CommandLine.Option;

/** Which statements a replay has. */
final class SelectionOptions {
  private static final long NANOS_PER_MILLI = 1_000_000;

  @Option(names = "--host", paramLabel = "HOST", description = "Of the servers of this host.")
  private String host;

  @Option(
      names = "--database",
      paramLabel = "DATABASE",
      description = "Of sessions in this database.")
  private String database;

  @Option(names = "--role", paramLabel = "ROLE", description = "Of sessions of this role.")
  private String role;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "Of this backend and its parallel workers.")
  private Integer pid;

  @Option(
      names = "--query-id",
      paramLabel = "ID",
      description = "With this query id (compute_query_id).")
  private Long queryId;

  @Option(
      names = "--slower-than",
      paramLabel = "MS",
      description = "That took more milliseconds than this.")
  private Long slowerThan;

  @Option(
      names = "--with-left-out",
      description =
          "Spans of statements that sampling left out, too (`pgstitch sampling`); without it the same are left out again.")
  private boolean withLeftOut;

  /** What they say, for a time whose ends may be open. */
  TraceSelection selection(Optional<Instant> from, Optional<Instant> to) {
    requirePid(pid);
    if (slowerThan != null && (slowerThan < 0 || slowerThan > Long.MAX_VALUE / NANOS_PER_MILLI)) {
      throw CommandFailure.usage(
          "--slower-than " + slowerThan + " is no length", "Give milliseconds from 0 on.");
    }
    return new TraceSelection(
        nanos(from),
        nanos(to),
        Optional.ofNullable(host),
        pid == null ? OptionalInt.empty() : OptionalInt.of(pid),
        Optional.ofNullable(database),
        Optional.ofNullable(role),
        optional(queryId),
        optional(slowerThan == null ? null : slowerThan * NANOS_PER_MILLI),
        withLeftOut);
  }

  static void requirePid(Integer pid) {
    if (pid != null && pid < 1) {
      throw CommandFailure.usage(
          "--pid " + pid + " is no process id", "Give the pid that pg_stat_activity shows.");
    }
  }

  private static OptionalLong nanos(Optional<Instant> moment) {
    return moment
        .map(at -> OptionalLong.of(ChronoUnit.NANOS.between(Instant.EPOCH, at)))
        .orElse(OptionalLong.empty());
  }

  private static OptionalLong optional(Long number) {
    return number == null ? OptionalLong.empty() : OptionalLong.of(number);
  }
}
