package io.pgstitch.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgstitch.bpf.LevelRule;
import java.util.Properties;
import org.junit.jupiter.api.Test;

final class CollectorSettingsTest {
  private static Properties properties(String... pairs) {
    Properties p = new Properties();
    for (int i = 0; i < pairs.length; i += 2) {
      p.setProperty(pairs[i], pairs[i + 1]);
    }
    return p;
  }

  @Test
  void namesEverythingThatIsWrongAtOnce() {
    assertThatThrownBy(
            () ->
                CollectorSettings.from(
                    properties(
                        "level",
                        "7",
                        "ring.bytes",
                        "100000",
                        "flush.sm",
                        "5",
                        "pids",
                        "x",
                        "topic.create",
                        "no",
                        "detail",
                        "true")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("kafka.bootstrap.servers is missing")
        .hasMessageContaining("level is 7")
        .hasMessageContaining("ring.bytes is 100000")
        .hasMessageContaining("unknown setting flush.sm")
        .hasMessageContaining("topic.create is 'no'; it must be true or false")
        .hasMessageContaining("detail is 'true'; it must be one of phases, calls, statements")
        .hasMessageContaining("'x' is not a process id");
  }

  @Test
  void passesKafkaAndRegistrySettingsOn() {
    CollectorSettings settings =
        CollectorSettings.from(
            properties(
                "kafka.bootstrap.servers", "b:9092",
                "kafka.security.protocol", "SSL",
                "schema.registry.url", "http://r",
                "pids", "1, 2"));
    assertThat(settings.kafka()).containsEntry("security.protocol", "SSL");
    assertThat(settings.schemaRegistry()).containsEntry("schema.registry.url", "http://r");
    assertThat(settings.pids()).containsExactly(1, 2);
    assertThat(settings.level()).isEqualTo(8);
  }

  @Test
  void readsWhoseLevelIsAnotherOneAndWhoMaySwitch() {
    ControlSettings control =
        CollectorSettings.from(
                properties(
                    "kafka.bootstrap.servers", "b:9092",
                    "level.role.app", "12+functions",
                    "level.database.a.b", "0",
                    "level.port.5433", "4",
                    "control.allow", "superuser, role:ops"))
            .control();
    assertThat(control.anyone()).isFalse();
    assertThat(control.roles()).containsExactly("ops");
    assertThat(control.rules())
        .containsExactlyInAnyOrder(
            new LevelRule(LevelRule.Kind.ROLE, "app", 12 + 32),
            new LevelRule(LevelRule.Kind.DATABASE, "a.b", 0),
            new LevelRule(LevelRule.Kind.PORT, 5433, 4));
  }

  @Test
  void namesWhatIsWrongWithLevels() {
    assertThatThrownBy(
            () ->
                CollectorSettings.from(
                    properties(
                        "kafka.bootstrap.servers", "b:9092",
                        "level.role.app", "7",
                        "level.user.app", "12",
                        "level.pid.x", "12",
                        "level.database.", "12",
                        "control.allow", "everybody")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("level.role.app is '7'")
        .hasMessageContaining("unknown setting level.user.app")
        .hasMessageContaining("level.pid.x has no number")
        .hasMessageContaining("level.database. names nothing")
        .hasMessageContaining("control.allow has 'everybody'");
  }
}
