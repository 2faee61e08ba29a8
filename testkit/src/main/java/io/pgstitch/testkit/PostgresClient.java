package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The stock clients, {@code psql} and {@code pgbench}, run against one server over TCP. */
public final class PostgresClient {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Path binDir;
  private final Map<String, String> environment;

  PostgresClient(Path binDir, int port, String user) {
    this.binDir = binDir;
    this.environment =
        Map.of(
            "PGHOST", "127.0.0.1",
            "PGPORT", Integer.toString(port),
            "PGUSER", user,
            "PGCONNECT_TIMEOUT", "10",
            "LC_ALL", "C");
  }

  /**
   * Runs one statement in database {@code postgres} in a session of its own; see {@link
   * #sql(String, String)}.
   *
   * @return the rows, unaligned: one line per row, columns separated by {@code |}, no trailing line
   *     end
   */
  public String sql(String statement) {
    return sql("postgres", statement);
  }

  /**
   * Runs {@code psql -X -A -t -c STATEMENT} and stops at the first error.
   *
   * @throws CommandFailedException with psql's output if the statement fails
   */
  public String sql(String database, String statement) {
    return psql("-A", "-t", "-q", "-d", database, "-c", statement).stripTrailing();
  }

  /** Runs {@code psql -X} with these arguments and returns its standard output. */
  public String psql(String... arguments) {
    return Command.run(psqlCommand(arguments), environment, LIMIT);
  }

  /** Runs {@code pgbench} with these arguments and returns its report. */
  public String pgbench(String... arguments) {
    return Command.run(command("pgbench", arguments), environment, LIMIT);
  }

  /**
   * Starts {@code psql -X} with piped streams, for a session that the caller keeps; the caller ends
   * it.
   */
  public Process startPsql(String... arguments) {
    return start(psqlCommand(arguments));
  }

  /** Starts {@code pgbench} with piped streams; the caller reads them and ends it. */
  public Process startPgbench(String... arguments) {
    return start(command("pgbench", arguments));
  }

  private List<String> psqlCommand(String... arguments) {
    List<String> command = command("psql", "-X", "-v", "ON_ERROR_STOP=1");
    command.addAll(List.of(arguments));
    return command;
  }

  private List<String> command(String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of(binDir.resolve(program).toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  private Process start(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
