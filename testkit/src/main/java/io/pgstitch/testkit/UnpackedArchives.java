package io.pgstitch.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Server archives, unpacked once per user and kept, and what else is made once. The place is the
 * system property {@code pgstitch.testkit.cache}, else {@code /var/cache/pgstitch-testkit} for root
 * (servers that refuse root must be able to read it), else {@code pgstitch-testkit} in the user's
 * cache directory.
 */
final class UnpackedArchives {
  private static final Duration UNPACK_LIMIT = Duration.ofMinutes(5);

  private UnpackedArchives() {}

  /**
   * The unpacked contents of a tar archive, or of a jar that holds one.
   *
   * @param name what the directory is called; must name the version
   */
  static Path of(Path archive, String name) {
    return made(
        name,
        unfinished -> {
          try {
            unpack(archive, unfinished);
          } catch (IOException e) {
            throw new UncheckedIOException("cannot unpack " + archive, e);
          }
        });
  }

  /**
   * A directory of this name that is kept beside the archives.
   *
   * @param maker fills it, when it is not there yet
   */
  static Path made(String name, Consumer<Path> maker) {
    Path target = cache().resolve(name);
    if (Files.isDirectory(target)) {
      return target;
    }
    try {
      Files.createDirectories(
          cache(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
      Path unfinished = Files.createTempDirectory(cache(), name + ".");
      try {
        maker.accept(unfinished);
        moveIntoPlace(unfinished, target);
      } finally {
        deleteTree(unfinished);
      }
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make " + target, e);
    }
  }

  /** Deletes a directory with all it holds; does nothing if it does not exist. */
  static void deleteTree(Path dir) {
    if (!Files.exists(dir)) {
      return;
    }
    try (Stream<Path> files = Files.walk(dir)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + dir, e);
    }
  }

  private static void unpack(Path archive, Path dir) throws IOException {
    if (!archive.toString().endsWith(".jar")) {
      untar(archive, dir);
      return;
    }
    Path inner = Files.createTempFile(cache(), "inner", ".txz");
    try (ZipFile jar = new ZipFile(archive.toFile())) {
      ZipEntry entry =
          jar.stream()
              .filter(e -> e.getName().endsWith(".txz"))
              .findFirst()
              .orElseThrow(() -> new IOException(archive + " holds no .txz"));
      Files.copy(jar.getInputStream(entry), inner, StandardCopyOption.REPLACE_EXISTING);
      untar(inner, dir);
    } finally {
      Files.delete(inner);
    }
  }

  private static void untar(Path archive, Path dir) {
    Command.run(
        List.of("tar", "-xf", archive.toString(), "-C", dir.toString(), "--no-same-owner"),
        Map.of(),
        UNPACK_LIMIT);
    Command.run(List.of("chmod", "-R", "a+rX", dir.toString()), Map.of(), UNPACK_LIMIT);
  }

  private static void moveIntoPlace(Path unfinished, Path target) throws IOException {
    try {
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      throw e;
    } catch (FileSystemException e) {
      // Another process was quicker; its copy is as good.
      if (!Files.isDirectory(target)) {
        throw e;
      }
    }
  }

  private static Path cache() {
    String configured = System.getProperty("pgstitch.testkit.cache");
    if (configured != null) {
      return Path.of(configured).toAbsolutePath();
    }
    if ("root".equals(System.getProperty("user.name"))) {
      return Path.of("/var/cache/pgstitch-testkit");
    }
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg == null || xdg.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return base.resolve("pgstitch-testkit");
  }
}
