package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigurationFileTest {
  private final ConfigurationFile configuration =
      new ConfigurationFile(List.of("cluster", "kafka.*", "flush.interval"));

  @TempDir private Path dir;

  @Test
  void readsKnownKeysAndThoseBelowAPrefix() throws IOException {
    Path file = write("cluster=shop\nkafka.bootstrap.servers=127.0.0.1:9092\n");

    assertThat(configuration.read(file))
        .containsEntry("cluster", "shop")
        .containsEntry("kafka.bootstrap.servers", "127.0.0.1:9092")
        .hasSize(2);
  }

  @Test
  void namesTheNearestKnownKeyForAnUnknownOne() throws IOException {
    Path file = write("flush.intervall=5\n");

    CommandFailure failure =
        catchThrowableOfType(CommandFailure.class, () -> configuration.read(file));

    assertThat(failure)
        .hasMessageContaining("flush.intervall")
        .hasMessageContaining(file.toString());
    assertThat(failure.remedy()).contains("'flush.interval'");
    assertThat(failure.exitStatus()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void saysThatAFileIsMissing() {
    Path missing = dir.resolve("nowhere.properties");

    CommandFailure failure =
        catchThrowableOfType(CommandFailure.class, () -> configuration.read(missing));

    assertThat(failure).hasMessageContaining("nowhere.properties");
    assertThat(failure.exitStatus()).isEqualTo(ExitStatus.USAGE);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(dir.resolve("role.properties"), text);
  }
}
