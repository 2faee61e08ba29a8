package io.pgstitch.cli;

import io.pgstitch.bpf.Detail;
import io.pgstitch.collector.CollectorSettings;
import io.pgstitch.collector.DryStart;
import io.pgstitch.collector.WaitMode;
import io.pgstitch.testkit.EmbeddedKafka;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Loads the classes that the commands load, for the JVM to write them to an archive from which the
 * next JVMs take them. Run by the build ({@code ops/launcher/archive.sh}); attaches to nothing and
 * needs no root.
 */
final class WarmUp {
  private static final String OURS = "io/pgstitch/";

  private WarmUp() {}

  /**
   * Runs and ends.
   *
   * @param args a directory for data, which does not exist yet, and our jars
   */
  public static void main(String[] args) throws Exception {
    Path data = Path.of(args[0]);
    try {
      quietly("help", "up");
      PipelineOptions options =
          new PipelineOptions(
              data,
              Optional.empty(),
              Optional.empty(),
              List.of(),
              0,
              WaitMode.SYSCALLS,
              Detail.PHASES,
              false,
              List.of(),
              false,
              Set.of());
      Path empty = Files.createFile(Files.createDirectories(data).resolve("role.properties"));
      quietly("collector", "--config", empty.toString());
      try (EmbeddedKafka kafka = EmbeddedKafka.start(data.resolve("collectors-kafka"))) {
        DryStart.run(
            CollectorSettings.from(
                new PipelineSettings(options, kafka.bootstrapServers()).collector()));
      }
      PipelineInOneProcess.withoutCollector(options).close();
      loadAll(List.of(args).subList(1, args.length));
    } finally {
      delete(data);
    }
  }

  /** Runs a command, which may refuse. */
  private static void quietly(String... arguments) {
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    int unused = Pgstitch.commandLine(arguments).setOut(nowhere).setErr(nowhere).execute(arguments);
  }

  /** Loads the classes of our own jars, without initialising them. */
  private static void loadAll(List<String> jars) throws IOException {
    for (String each : jars) {
      try (JarFile jar = new JarFile(each)) {
        jar.stream()
            .map(JarEntry::getName)
            .filter(name -> name.startsWith(OURS) && name.endsWith(".class"))
            .filter(name -> !name.endsWith("-info.class"))
            .forEach(name -> load(name.substring(0, name.length() - ".class".length())));
      }
    }
  }

  private static void load(String path) {
    String name = path.replace('/', '.');
    try {
      Class.forName(name, false, WarmUp.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      // It is loaded when it is needed, or not at all: what it extends may be optional.
      System.err.println("not in the archive: " + name + ": " + e);
    }
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
