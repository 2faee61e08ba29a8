package io.pgstitch.collector.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layouts of builds that are not stock. */
class FactSourceTest {
  @TempDir private Path dir;

  private void write(String name, String content) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  @Test
  void aFileReplacesItsKeysOfItsMajorAlone() throws IOException {
    write("17/layout.properties", "# own build\n\nestate.es_processed=4711\n");
    FactSource source = FactSource.replacedBy(dir);
    PostgresFacts stock = PostgresFacts.of(17);
    PostgresFacts own = PostgresFacts.ofAny(17, source);
    assertThat(own.offset("estate.es_processed")).isEqualTo(4711);
    assertThat(own.offset("query_desc.estate")).isEqualTo(stock.offset("query_desc.estate"));
    assertThat(PostgresFacts.ofAny(16, source).offset("estate.es_processed"))
        .isEqualTo(PostgresFacts.of(16).offset("estate.es_processed"));
  }

  @Test
  void allLayoutsCanBeReplaced() throws IOException {
    write("15/plan-layout.properties", "plan_state.plan=1");
    write("15/binds.properties", "query_desc.params=2");
    write("15/checks.properties", "tag.estate=3");
    FactSource source = FactSource.replacedBy(dir);
    assertThat(PlanFacts.ofAny(15, source).offset("plan_state.plan")).isEqualTo(1);
    assertThat(BindLayout.of(15, source).offset("query_desc.params")).isEqualTo(2);
    assertThat(source.checks(15)).containsEntry("tag.estate", 3);
  }

  @Test
  void aWrongKeyIsNamed() throws IOException {
    write("15/layout.properties", "estate.processed=1");
    assertThatThrownBy(() -> FactSource.replacedBy(dir))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layout.properties")
        .hasMessageContaining("estate.processed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"portal.name", "portal.name=", "portal.name=x", "portal.name=-1"})
  void aLineThatIsNoValueIsNamed(String line) throws IOException {
    write("15/layout.properties", line);
    assertThatThrownBy(() -> FactSource.replacedBy(dir))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + line + "'");
  }

  @Test
  void aDirectoryWithoutSuchFilesIsAMistake() {
    assertThatThrownBy(() -> FactSource.replacedBy(dir))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no file");
  }

  @ParameterizedTest
  @ValueSource(ints = {13, 14, 15, 16, 17, 18})
  void eachMajorHasChecks(int major) {
    assertThat(FactSource.builtIn().checks(major))
        .containsKeys("tag.planned_stmt", "estate.es_plannedstmt", "query.stmt_location");
  }
}
