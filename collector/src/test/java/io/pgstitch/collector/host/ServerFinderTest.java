package io.pgstitch.collector.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.testkit.PostgresInstallations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerFinderTest {
  private static final int PID = 42;

  @TempDir private Path dir;

  /** As when the process that was looked at first ended meanwhile: others may run the same file. */
  @Test
  void aBinaryThatCouldNotBeReadOnceIsReadAgain() throws IOException {
    Path binary = Files.writeString(dir.resolve("postgres"), "no ELF file");
    Path proc = process(binary);
    ServerFinder finder = new ServerFinder(new Procfs(proc));
    assertThat(finder.find()).isEmpty();
    Files.write(binary, Files.readAllBytes(PostgresInstallations.ofMajor(15).postgres()));
    assertThat(finder.find())
        .singleElement()
        .satisfies(
            server -> {
              assertThat(server.pid()).isEqualTo(PID);
              assertThat(server.versionNum() / 10_000).isEqualTo(15);
              assertThat(server.port()).isEqualTo(5432);
            });
  }

  /** A directory as /proc has it of a postmaster. */
  private Path process(Path binary) throws IOException {
    Path data = Files.createDirectory(dir.resolve("data"));
    Files.writeString(data.resolve("postmaster.pid"), PID + "\n" + data + "\n0\n5432\n");
    Path proc = dir.resolve("proc");
    Path process = Files.createDirectories(proc.resolve(String.valueOf(PID)));
    Files.createSymbolicLink(process.resolve("exe"), binary);
    Files.createSymbolicLink(process.resolve("cwd"), data);
    Files.createSymbolicLink(process.resolve("root"), Path.of("/"));
    Files.writeString(
        process.resolve("stat"), PID + " (postgres) S 1" + " 0".repeat(17) + " 7 0\n");
    Files.writeString(process.resolve("status"), "NSpid:\t" + PID + "\n");
    return proc;
  }
}
