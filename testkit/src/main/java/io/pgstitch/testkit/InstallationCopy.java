package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A copy of an installation that a test may damage, readable by the user that servers run as.
 * Closing removes it.
 */
public final class InstallationCopy implements AutoCloseable {
  private final Path root;
  private final PostgresInstallation installation;

  private InstallationCopy(Path root, PostgresInstallation installation) {
    this.root = root;
    this.installation = installation;
  }

  /** Copies all of an installation. */
  public static InstallationCopy of(PostgresInstallation original) {
    try {
      Path root = Files.createTempDirectory("pgstitch-installation");
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
      Path from = original.binDir().getParent();
      run("cp", "-a", from + "/.", root.toString());
      return new InstallationCopy(
          root,
          new PostgresInstallation(
              original.major(),
              root.resolve(from.relativize(original.binDir())),
              root.resolve(from.relativize(original.libDir()))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The copy. */
  public PostgresInstallation installation() {
    return installation;
  }

  @Override
  public void close() {
    run("rm", "-rf", root.toString());
  }

  private static void run(String... command) {
    try {
      int status = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (status != 0) {
        throw new IllegalStateException(String.join(" ", command) + " ended with " + status);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
