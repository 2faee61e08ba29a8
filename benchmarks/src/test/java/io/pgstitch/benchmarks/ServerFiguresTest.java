package io.pgstitch.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ServerFiguresTest {
  private final ServerFigures figures = new ServerFigures();

  private static Sessions.Watched select(double cpuMicros) {
    Window window = new Window(cpuMicros, 1_000, 1);
    return new Sessions.Watched(window, window, window, 1_000);
  }

  private void pair(String state, double added) {
    figures.add(Load.SELECT, state, select(40), select(40 + added));
  }

  private List<Figure> reported() {
    try (Run run =
        new Run(
            "figures",
            Effort.QUICK,
            new Progress(new PrintStream(OutputStream.nullOutputStream())))) {
      figures.report(run);
      return run.figures();
    }
  }

  private static Figure figure(List<Figure> all, String name) {
    return all.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void comparesTheRoundsThatBothHaveWhereTheLastOneFailed() {
    pair("floor", 5);
    pair("level-1", 10);
    pair("floor", 4);

    List<Figure> reported = reported();

    Figure quotient = figure(reported, "server.select.level-1.added-cpu-to-floor");
    assertThat(quotient.value()).hasValue(2);
    assertThat(quotient.samples()).isEqualTo(1);
    assertThat(figure(reported, "server.select.floor.added-cpu").samples()).isEqualTo(2);
  }

  @Test
  void reportsNothingOfWhatWasNotMeasured() {
    assertThat(reported()).isEmpty();
  }
}
