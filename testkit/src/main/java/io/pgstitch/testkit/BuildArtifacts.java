package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Archives of servers that the build of this module copies from Maven into its target directory.
 * They are looked for in the directory of the system property {@code pgstitch.testkit.artifacts},
 * else beside this class (its directory or jar lies in {@code testkit/target}).
 */
final class BuildArtifacts {
  private static final String PROPERTY = "pgstitch.testkit.artifacts";

  private BuildArtifacts() {}

  /** All copied archives in a subdirectory, sorted; empty where the build did not copy any. */
  static List<Path> in(String subdirectory) {
    Path dir = root().resolve(subdirectory);
    if (!Files.isDirectory(dir)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(dir)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The one archive whose file name begins so.
   *
   * @throws IllegalStateException if there is none
   */
  static Path named(String subdirectory, String prefix) {
    return in(subdirectory).stream()
        .filter(file -> file.getFileName().toString().startsWith(prefix))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no "
                        + prefix
                        + "* in "
                        + root().resolve(subdirectory)
                        + "; run `mvn -pl testkit package`, or name the directory with -D"
                        + PROPERTY));
  }

  private static Path root() {
    String configured = System.getProperty(PROPERTY);
    if (configured != null) {
      return Path.of(configured).toAbsolutePath();
    }
    try {
      Path classes =
          Path.of(BuildArtifacts.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return classes.toAbsolutePath().getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
