package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

/** Which commands the parser knows. */
final class PgstitchTest {
  @Test
  void everyCommandHasTheNameByWhichItIsFound() {
    Pgstitch.COMMANDS.forEach(
        (name, command) -> assertThat(command.getAnnotation(Command.class).name()).isEqualTo(name));
  }

  @Test
  void withoutANameAllAreKnown() {
    List<String> all = List.copyOf(Pgstitch.COMMANDS.keySet());
    assertThat(Pgstitch.commandLine().getSubcommands().keySet()).containsExactlyElementsOf(all);
    assertThat(Pgstitch.commandLine("doktor").getSubcommands()).containsOnlyKeys(all);
    assertThat(Pgstitch.commandLine("help", "up").getSubcommands()).containsOnlyKeys(all);
  }

  @Test
  void theOneThatIsNamedIsKnownAlone() {
    assertThat(Pgstitch.commandLine("doctor", "--json").getSubcommands())
        .containsOnlyKeys("doctor");
  }
}
