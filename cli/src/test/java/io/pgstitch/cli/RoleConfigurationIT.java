package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.cli.Launcher.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a role says when its configuration or its Kafka is not as it should be. */
class RoleConfigurationIT {
  /** Port 1 is reserved and nothing listens there. */
  private static final String NO_KAFKA = "kafka.bootstrap.servers=127.0.0.1:1\n";

  @TempDir private Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"collector", "processor", "exporter"})
  void saysThatTheFileIsMissing(String role) throws Exception {
    Outcome outcome = new Launcher(dir).run(role, "--config", "missing.properties");

    assertThat(outcome.err())
        .contains("missing.properties")
        .contains("--config")
        .doesNotContain("\tat ");
    assertThat(outcome.status()).isEqualTo(ExitStatus.USAGE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"collector", "processor", "exporter"})
  void namesTheNearestKeyForAnUnknownOne(String role) throws Exception {
    Path file = write(NO_KAFKA + "schema.registry.ulr=http://127.0.0.1:1\n");

    Outcome outcome = new Launcher(dir).run(role, "--config", file.toString());

    assertThat(outcome.err()).contains("'schema.registry.ulr'").contains("'schema.registry.url'");
    assertThat(outcome.status()).isEqualTo(ExitStatus.USAGE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"collector", "processor", "exporter"})
  void asksForTheBrokersWhenTheyAreNotGiven(String role) throws Exception {
    Outcome outcome = new Launcher(dir).run(role, "--config", write("").toString());

    assertThat(outcome.err()).contains("kafka.bootstrap.servers");
    assertThat(outcome.status()).isEqualTo(ExitStatus.USAGE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"collector", "processor", "exporter"})
  void saysThatKafkaIsNotReachable(String role) throws Exception {
    Outcome outcome = new Launcher(dir).run(role, "--config", write(NO_KAFKA).toString());

    assertThat(outcome.err())
        .contains("Kafka is not reachable at 127.0.0.1:1")
        .contains("Check the addresses")
        .doesNotContain("\tat ");
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.status()).isEqualTo(ExitStatus.ENVIRONMENT);
  }

  private Path write(String text) throws IOException {
    return Files.writeString(dir.resolve("role.properties"), text);
  }
}
