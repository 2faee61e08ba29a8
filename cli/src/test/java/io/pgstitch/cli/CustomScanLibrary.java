package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallation;
import io.pgstitch.testkit.PostgresInstallations;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;

/** A custom scan provider for a packaged server: of those the headers can be had. */
final class CustomScanLibrary {
  private static final String SOURCE = "cli/src/test/c/custom_scan.c";

  private CustomScanLibrary() {}

  static boolean isFor(PostgresInstallation installation) {
    return PostgresInstallations.debian().contains(installation);
  }

  /** Compiles it into a directory that the server can read, which the caller deletes. */
  static Path compile(int major) throws Exception {
    Path directory = Files.createTempDirectory("pgstitch-custom-scan");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path library = directory.resolve("custom_scan.so");
    FunctionsIT.run(
        "gcc",
        "-O2",
        "-Wall",
        "-Werror",
        "-fPIC",
        "-shared",
        "-I",
        headers(major).toString(),
        "-o",
        library.toString(),
        SourceTree.root().resolve(SOURCE).toString());
    return library;
  }

  /** Of the package, or those alone that `pgstitch test` put aside. */
  private static Path headers(int major) {
    String place = "usr/include/postgresql/" + major + "/server";
    Path found =
        Stream.of(Path.of("/"), Path.of("/var/cache/pgstitch-testkit/headers"))
            .map(root -> root.resolve(place))
            .filter(dir -> Files.exists(dir.resolve("postgres.h")))
            .findFirst()
            .orElse(null);
    assertThat(found)
        .as("headers of PostgreSQL %d: install postgresql-server-dev-%d", major, major)
        .isNotNull();
    return found;
  }
}
