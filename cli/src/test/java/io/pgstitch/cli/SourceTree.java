package io.pgstitch.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the repository lies that these tests belong to. */
final class SourceTree {
  private SourceTree() {}

  /** The directory with the launcher, found upwards from the working directory. */
  static Path root() {
    for (Path dir = Path.of("").toAbsolutePath(); dir != null; dir = dir.getParent()) {
      if (Files.isExecutable(dir.resolve("pgstitch"))) {
        return dir;
      }
    }
    throw new IllegalStateException("no launcher above " + Path.of("").toAbsolutePath());
  }
}
