package io.pgstitch.cli;

import io.pgstitch.collector.host.Procfs;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where running pipelines leave a {@link RunFile} each, readable by their user alone: {@code
 * $PGSTITCH_RUN_DIR} if set, {@code /run/pgstitch} for root, else {@code
 * $XDG_RUNTIME_DIR/pgstitch}.
 */
final class RunDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(RunDirectory.class);
  private static final String SUFFIX = ".properties";

  private final Optional<Path> directory;
  private final Procfs procfs = Procfs.system();

  /**
   * @param directory empty for a user who has none
   */
  RunDirectory(Optional<Path> directory) {
    this.directory = directory;
  }

  /** The one of this user. */
  static RunDirectory ofThisUser() {
    return new RunDirectory(place(System.getenv(), System.getProperty("user.name")));
  }

  static Optional<Path> place(Map<String, String> environment, String user) {
    String own = environment.getOrDefault("PGSTITCH_RUN_DIR", "");
    if (!own.isEmpty()) {
      return Optional.of(Path.of(own));
    }
    if (user.equals("root")) {
      return Optional.of(Path.of("/run/pgstitch"));
    }
    String session = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    return session.isEmpty() ? Optional.empty() : Optional.of(Path.of(session, "pgstitch"));
  }

  /** What was found. */
  record Found(List<RunFile> running, List<RunFile> ended, boolean hidden) {}

  /**
   * The run files of pipelines that run, those that were left behind, and whether some are others'.
   */
  Found look() {
    List<RunFile> running = new ArrayList<>();
    List<RunFile> ended = new ArrayList<>();
    boolean hidden = false;
    for (Path file : files()) {
      try {
        read(file).ifPresent(run -> (run.isAlive(procfs) ? running : ended).add(run));
      } catch (AccessDeniedException e) {
        hidden = true;
      } catch (IOException gone) {
        LOG.debug("not read: {}", file, gone);
      }
    }
    return new Found(running, ended, hidden);
  }

  private List<Path> files() {
    if (directory.isEmpty()) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory.get())) {
      return files.filter(file -> file.toString().endsWith(SUFFIX)).sorted().toList();
    } catch (NoSuchFileException none) {
      return List.of();
    } catch (IOException e) {
      LOG.debug("not read: {}", directory.get(), e);
      return List.of();
    }
  }

  private static Optional<RunFile> read(Path file) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IllegalArgumentException damaged) {
      return Optional.empty();
    }
    return RunFile.of(properties);
  }

  /** As long as it is open, others find the pipeline. */
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }

  /** Leaves a run file. That it cannot be left is no reason not to trace: the log says it. */
  Registration register(RunFile run) {
    if (directory.isEmpty()) {
      LOG.info(
          "without a run directory `pgstitch session` does not find this by itself: use --kafka");
      return () -> {};
    }
    Path file = directory.get().resolve(run.pid() + SUFFIX);
    try {
      Files.createDirectories(directory.get());
      removeEnded();
      write(run, file);
    } catch (IOException e) {
      LOG.warn(
          "cannot write {} ({}): `pgstitch session` needs --kafka to find this",
          file,
          e.toString());
      return () -> {};
    }
    return () -> remove(file);
  }

  private void removeEnded() throws IOException {
    for (Path file : files()) {
      if (read(file).map(run -> !run.isAlive(procfs)).orElse(false)) {
        remove(file);
      }
    }
  }

  private void write(RunFile run, Path file) throws IOException {
    Path unfinished =
        Files.createTempFile(
            directory.get(),
            "run",
            ".new",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (Writer writer = Files.newBufferedWriter(unfinished, StandardCharsets.UTF_8)) {
      run.toProperties().store(writer, null);
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void remove(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("cannot remove {}: {}", file, e.toString());
    }
  }
}
