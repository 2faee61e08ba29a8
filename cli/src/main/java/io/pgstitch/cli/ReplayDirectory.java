package io.pgstitch.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A directory for the results of one replay. A file in it says of which: done again it changes
 * nothing or goes on where it ended, and another replay cannot mix its results with them.
 */
final class ReplayDirectory {
  private static final String MARK = ".pgstitch-replay";

  private final Path directory;

  ReplayDirectory(Path directory) {
    this.directory = directory.toAbsolutePath().normalize();
  }

  Path path() {
    return directory;
  }

  /**
   * Makes the directory for a replay, or finds it made for the same.
   *
   * @param request what is replayed, in words that differ when the results may
   * @throws CommandFailure when it holds anything else
   */
  void claim(String request) {
    try {
      Path mark = directory.resolve(MARK);
      if (Files.exists(mark)) {
        requireSame(request, Files.readString(mark));
      } else {
        requireEmpty();
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        write(mark, request);
      }
    } catch (IOException e) {
      throw CommandFailure.environment(
          "cannot write into " + directory + ": " + e,
          "Give --out a directory you may write to.",
          e);
    }
  }

  private void requireSame(String request, String held) {
    if (!request.equals(held)) {
      throw CommandFailure.usage(
          directory + " holds the results of another replay:\n" + indented(held),
          "Give another --out; or replay the same again, with --from and --to as instants, to complete it.");
    }
  }

  private static String indented(String held) {
    return "    " + held.strip().replace("\n", "\n    ");
  }

  private void requireEmpty() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.list(directory)) {
      if (files.findAny().isPresent()) {
        throw CommandFailure.usage(
            directory + " holds files that are not of a replay",
            "Give --out a new directory: results of a replay must not mix with others.");
      }
    }
  }

  private static void write(Path mark, String request) throws IOException {
    Path unfinished = mark.resolveSibling(MARK + ".new");
    Files.deleteIfExists(unfinished);
    try (var channel =
        Files.newByteChannel(
            unfinished,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      channel.write(java.nio.ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
    }
    Files.move(unfinished, mark);
  }
}
