package io.pgstitch.testkit;

import java.nio.file.Path;

/**
 * The programs of one PostgreSQL version.
 *
 * @param major 13 to 18
 * @param binDir holds {@code postgres}, {@code initdb}, {@code pg_ctl}
 * @param libDir holds the loadable modules, such as {@code pg_stat_statements.so}
 */
public record PostgresInstallation(int major, Path binDir, Path libDir) {

  /** The server's executable. */
  public Path postgres() {
    return program("postgres");
  }

  Path program(String name) {
    return binDir.resolve(name);
  }

  @Override
  public String toString() {
    return "PostgreSQL " + major + " (" + binDir + ")";
  }
}
