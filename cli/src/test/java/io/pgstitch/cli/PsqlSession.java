package io.pgstitch.cli;

import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A psql that stays connected, as one who works with it has. */
final class PsqlSession implements AutoCloseable {
  private final Process psql;
  private final BufferedReader rows;
  private final Writer statements;
  private final int pid;

  PsqlSession(ThrowawayPostgres server, String database, String user) throws IOException {
    psql = server.client().startPsql("-A", "-t", "-q", "-d", database, "-U", user);
    rows = new BufferedReader(new InputStreamReader(psql.getInputStream(), StandardCharsets.UTF_8));
    statements = new OutputStreamWriter(psql.getOutputStream(), StandardCharsets.UTF_8);
    pid = Integer.parseInt(row("select pg_backend_pid();"));
  }

  int pid() {
    return pid;
  }

  /** Runs a statement that has one row. */
  String row(String statement) throws IOException {
    send(statement);
    return read();
  }

  /** Sends a statement and does not wait for it. */
  void send(String statement) throws IOException {
    statements.write(statement + "\n");
    statements.flush();
  }

  /** The next row of what was sent. */
  String read() throws IOException {
    return rows.readLine();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    statements.close();
    // One that still runs a statement reads the end of its input only behind that.
    if (!psql.waitFor(5, TimeUnit.SECONDS)) {
      psql.destroyForcibly().waitFor();
    }
  }
}
