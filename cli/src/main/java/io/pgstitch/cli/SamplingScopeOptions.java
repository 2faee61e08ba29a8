package io.pgstitch.cli;

import io.pgstitch.schema.SamplingScope;
import java.util.Optional;
import picocli.CommandLine.Option;

/** For which sessions a sampling rule is. */
final class SamplingScopeOptions {
  @Option(
      names = "--database",
      paramLabel = "DATABASE",
      description = "For sessions in this database, of every server.")
  private String database;

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description = "For sessions of this role; wins over a rule for their database.")
  private String role;

  /** What they say; without either, the fleet. */
  SamplingScope scope() {
    return new SamplingScope(named("--database", database), named("--role", role));
  }

  private static Optional<String> named(String option, String name) {
    if (name != null && name.isEmpty()) {
      throw CommandFailure.usage(
          option + " is empty", "Give a name as \\l and \\du of psql show it, or leave it out.");
    }
    return Optional.ofNullable(name);
  }
}
