package io.pgstitch.collector;

import io.pgstitch.testkit.ThrowawayPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A psql that is kept open, for a session that waits or holds locks. */
final class PsqlSession implements AutoCloseable {
  private final Process psql;
  private final long pid;

  PsqlSession(ThrowawayPostgres server) {
    psql = server.client().startPsql("-A", "-t", "-q", "-v", "ON_ERROR_STOP=0");
    pid = Long.parseLong(ask("select pg_backend_pid()"));
  }

  long pid() {
    return pid;
  }

  void run(String sql) {
    ask(sql);
  }

  /** Sends without waiting for the answer. */
  void send(String sql) {
    try {
      psql.getOutputStream().write((sql + ";\n").getBytes(StandardCharsets.UTF_8));
      psql.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String ask(String sql) {
    send(sql);
    try {
      psql.getOutputStream().write("\\echo --end\n".getBytes(StandardCharsets.UTF_8));
      psql.getOutputStream().flush();
      StringBuilder answer = new StringBuilder();
      StringBuilder line = new StringBuilder();
      for (int c = psql.getInputStream().read(); c >= 0; c = psql.getInputStream().read()) {
        if (c != '\n') {
          line.append((char) c);
          continue;
        }
        if (line.toString().equals("--end")) {
          return answer.toString().strip();
        }
        answer.append(line).append('\n');
        line.setLength(0);
      }
      throw new IllegalStateException("psql ended: " + answer);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      psql.getOutputStream().close();
      psql.waitFor(20, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      psql.destroyForcibly();
    }
  }
}
