package io.pgstitch.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Bytes in files. */
final class DirectorySize {
  private DirectorySize() {}

  /** The sum over all files below a directory that are meant; 0 when it does not exist. */
  static long of(Path directory, Predicate<Path> meant) throws IOException {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    long bytes = 0;
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(meant).filter(Files::isRegularFile).toList()) {
        bytes += sizeOf(file);
      }
    }
    return bytes;
  }

  private static long sizeOf(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException deletedMeanwhile) {
      return 0;
    }
  }
}
