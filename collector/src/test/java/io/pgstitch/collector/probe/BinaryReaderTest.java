package io.pgstitch.collector.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.host.ServerBinary;
import io.pgstitch.collector.postgres.FactSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was read ahead is given once, and only until it is forgotten. */
final class BinaryReaderTest {
  @TempDir private Path directory;

  private final BinaryReader reader = new BinaryReader(FactSource.builtIn());
  private Path executable;
  private PostgresServer server;

  @BeforeEach
  void anyExecutableWillDo() throws IOException {
    executable = Files.copy(Path.of("/proc/self/exe"), directory.resolve("postgres"));
    server =
        new PostgresServer(
            1, 1, new ServerBinary(1, 1), executable, Path.of("/"), false, 150018, "", "", 5432);
  }

  @Test
  void itIsGivenToTheFirstWhoAsks() throws IOException {
    reader.readAhead(server);
    Files.delete(executable);

    assertThat(reader.read(server).facts().major()).isEqualTo(15);
    assertThatThrownBy(() -> reader.read(server)).isInstanceOf(IOException.class);
  }

  @Test
  void itIsForgotten() throws IOException {
    reader.readAhead(server);
    reader.forget();
    Files.delete(executable);

    assertThatThrownBy(() -> reader.read(server)).isInstanceOf(IOException.class);
  }

  @Test
  void whatCannotBeReadAheadIsReadLater() throws IOException {
    Path kept = Files.move(executable, directory.resolve("kept"));
    reader.readAhead(server);
    Files.move(kept, executable);

    assertThat(reader.read(server).facts().major()).isEqualTo(15);
  }
}
