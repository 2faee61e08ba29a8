package io.pgstitch.benchmarks;

import io.pgstitch.testkit.InstallationCopy;
import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.Comparator;

/**
 * A PostgreSQL server of our own with the tables of pgbench. It runs a copy of its binary: what is
 * planted there traps in no other server of the host.
 */
final class Database implements AutoCloseable {
  private static final String SCALE = "10";

  private final InstallationCopy copy;
  private final ThrowawayPostgres server;

  private Database(InstallationCopy copy, ThrowawayPostgres server) {
    this.copy = copy;
    this.server = server;
  }

  /**
   * Starts a server of the newest packaged version.
   *
   * @param libraries what it preloads
   */
  static Database start(String... libraries) {
    InstallationCopy copy = InstallationCopy.of(installation());
    ThrowawayPostgres server = null;
    try {
      ThrowawayPostgres.Builder builder =
          ThrowawayPostgres.builder(copy.installation())
              .setting("autovacuum", "off")
              .setting("shared_buffers", "256MB")
              .setting("max_wal_size", "4GB")
              .setting("checkpoint_timeout", "1h");
      if (libraries.length > 0) {
        builder.preload(libraries);
      }
      server = builder.start();
      server.client().pgbench("-i", "-q", "-s", SCALE, "postgres");
      server.client().sql("vacuum analyze");
      return new Database(copy, server);
    } catch (RuntimeException e) {
      if (server != null) {
        server.close();
      }
      copy.close();
      throw e;
    }
  }

  private static PostgresInstallation installation() {
    return PostgresInstallations.debian().stream()
        .max(Comparator.comparingInt(PostgresInstallation::major))
        .orElseThrow(
            () ->
                new UnusableHostException(
                    "no PostgreSQL with pgbench is installed on this host",
                    "Install one, on Debian and Ubuntu with: apt-get install postgresql"
                        + " postgresql-contrib"));
  }

  ThrowawayPostgres server() {
    return server;
  }

  /** What it runs. */
  Path executable() {
    return copy.installation().postgres();
  }

  /** Pid of its postmaster. */
  long pid() {
    return server.postmasterPid();
  }

  @Override
  public void close() {
    try {
      server.close();
    } finally {
      copy.close();
    }
  }
}
