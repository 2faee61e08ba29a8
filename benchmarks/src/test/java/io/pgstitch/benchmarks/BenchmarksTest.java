package io.pgstitch.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Running measures, whatever becomes of them. */
class BenchmarksTest {
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final List<Path> directories = new ArrayList<>();
  private final List<String> closed = new ArrayList<>();

  private Measure measure(String name, boolean fails) {
    return new Measure() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public String what() {
        return "nothing";
      }

      @Override
      public void run(Run run) throws Exception {
        Path directory = run.directory("files");
        directories.add(directory);
        Files.writeString(directory.resolve("file"), "content");
        run.open(() -> closed.add(name + " first"));
        run.open(() -> closed.add(name + " second"));
        run.found(Figure.of(name + ".before", Samples.of(1), "s"));
        if (fails) {
          throw new IllegalStateException("the broker burns");
        }
        run.found(Figure.of(name + ".after", Samples.of(2), "s"));
      }
    };
  }

  private Benchmarks benchmarks() {
    return new Benchmarks(
        List.of(measure("one", false), measure("two", true), measure("three", false)),
        true,
        new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  @Test
  void oneThatFailsIsSaidAndTheOthersAreMeasured() {
    Benchmarks.Outcome outcome = benchmarks().run(List.of());

    assertThat(outcome.figures().stream().map(Figure::name))
        .containsExactly("one.before", "one.after", "two.before", "three.before", "three.after");
    assertThat(outcome.failures()).hasSize(1).containsEntry("two", "the broker burns");
    assertThat(said.toString(StandardCharsets.UTF_8)).contains("two failed");
  }

  @Test
  void whatWasOpenedIsClosedInTurnAndFilesAreGone() {
    benchmarks().run(List.of("two"));

    assertThat(closed).containsExactly("two second", "two first");
    assertThat(directories).hasSize(1).noneMatch(Files::exists);
    assertThat(directories.get(0).getParent()).doesNotExist();
  }

  @Test
  void onlyWhatIsAskedForIsMeasured() {
    assertThat(benchmarks().run(List.of("three")).figures().stream().map(Figure::name))
        .containsExactly("three.before", "three.after");
  }

  @Test
  void aNameThatMeansNothingIsRefusedBeforeAnythingIsMeasured() {
    assertThatThrownBy(() -> benchmarks().run(List.of("one", "four")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("four")
        .hasMessageContaining("one, two, three");
    assertThat(directories).isEmpty();
  }
}
