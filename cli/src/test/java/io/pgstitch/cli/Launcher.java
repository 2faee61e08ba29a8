package io.pgstitch.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs {@code ./pgstitch} as a user does, and keeps what it says. */
final class Launcher {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path program;
  private final Path directory;
  private final List<String> before = new ArrayList<>();

  /**
   * @param directory working directory, also for the output
   */
  Launcher(Path directory) {
    this(SourceTree.root().resolve("pgstitch"), directory);
  }

  Launcher(Path program, Path directory) {
    this.program = program;
    this.directory = directory;
  }

  /** The same as a user who is not root. */
  Launcher asNobody() {
    before.addAll(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
    return this;
  }

  /** The same where no process but its own is visible. */
  Launcher withoutOtherProcesses() {
    before.addAll(List.of("unshare", "--pid", "--fork", "--mount-proc"));
    return this;
  }

  /** The same on a kernel that has no BTF, as far as it can see. */
  Launcher withoutBtf(Path emptyDirectory) {
    return inNamespace("--mount", "mount --bind '" + emptyDirectory + "' /sys/kernel/btf");
  }

  /** The same on a host of another name. */
  Launcher onHost(String name) {
    return inNamespace("--uts", "hostname '" + name + "'");
  }

  /** The same with a variable in its environment. */
  Launcher with(String variable, String value) {
    before.addAll(List.of("env", variable + "=" + value));
    return this;
  }

  private Launcher inNamespace(String kind, String preparation) {
    before.addAll(List.of("unshare", kind, "sh", "-c", preparation + " && exec \"$@\"", "sh"));
    return this;
  }

  /** What a finished command left. */
  record Outcome(int status, String out, String err) {}

  Outcome run(String... arguments) throws IOException, InterruptedException {
    Path out = Files.createTempFile(directory, "out", ".txt");
    Path err = Files.createTempFile(directory, "err", ".txt");
    Process process = start(out, err, arguments);
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(
          "still running after "
              + LIMIT
              + ": "
              + List.of(arguments)
              + "\n"
              + Files.readString(err));
    }
    return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  /** Starts a command that runs until it is stopped. */
  Process start(Path out, Path err, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(program.toString());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectOutput(out.toFile())
        .redirectError(err.toFile())
        .start();
  }
}
