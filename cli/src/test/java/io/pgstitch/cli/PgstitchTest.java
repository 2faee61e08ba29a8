package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
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

  @Test
  void aDetailThatDoesNotExistIsWrongUsageAndSaysWhichDo() {
    StringWriter err = new StringWriter();
    String[] arguments = {"up", "--detail", "most"};

    int status = Pgstitch.commandLine(arguments).setErr(new PrintWriter(err)).execute(arguments);

    assertThat(status).isEqualTo(2);
    assertThat(err.toString())
        .contains("--detail most does not exist", "phases, calls, statements");
  }
}
