package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * An empty cluster of an installation, made by {@code initdb} once and kept beside the unpacked
 * archives: most tests begin with one, and a copy takes a fifth of the time. All copies have the
 * same system identifier.
 */
final class ClusterTemplate {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final String SUPERUSER = ThrowawayPostgres.SUPERUSER;

  private final PostgresInstallation installation;
  private final ServerUser user;

  ClusterTemplate(PostgresInstallation installation, ServerUser user) {
    this.installation = installation;
    this.user = user;
  }

  /**
   * Makes a cluster there, with one superuser, who needs no password.
   *
   * @param dataDir does not exist yet; the directory above belongs to the user
   * @throws CommandFailedException if initdb fails
   */
  void copyTo(Path dataDir) {
    Path template =
        UnpackedArchives.made(
            name(),
            unfinished -> {
              user.own(unfinished);
              initialise(unfinished.resolve("data"));
            });
    List<String> copy =
        List.of("cp", "-aT", template.resolve("data").toString(), dataDir.toString());
    Command.run(user.command(copy), Map.of(), LIMIT);
  }

  private void initialise(Path dataDir) {
    List<String> initdb =
        List.of(
            installation.program("initdb").toString(),
            "-D",
            dataDir.toString(),
            "-U",
            SUPERUSER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync");
    Command.run(user.command(initdb), Map.of("LC_ALL", "C"), LIMIT);
  }

  /** Another one for another build of the server, and for each owner. */
  private String name() {
    try {
      long build = Files.getLastModifiedTime(installation.postgres()).toMillis();
      return "cluster-%d-%s-%x-%x"
          .formatted(installation.major(), user.name(), build, installation.binDir().hashCode());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
