package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressReportTest {
  private static final long SECOND = 1_000_000_000L;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream to = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now;

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void theRestIsJudgedByThePaceSoFar() {
    assertThat(ProgressReport.line(0.25, 30 * SECOND))
        .isEqualTo("replay: 25 %, about 1 min 30 s left");
    assertThat(ProgressReport.line(0.999, 10 * SECOND)).isEqualTo("replay: 99 %, about 0 s left");
    assertThat(ProgressReport.line(0.01, 60 * SECOND))
        .isEqualTo("replay: 1 %, about 1 h 39 min left");
    assertThat(ProgressReport.line(0, SECOND)).isEqualTo("replay: 0 %");
  }

  @Test
  void elsewhereThanOnATerminalALineComesEveryTenSeconds() {
    ProgressReport report = new ProgressReport(to, false, () -> now);
    for (int second = 1; second <= 25; second++) {
      now = second * SECOND;
      report.reached(second / 50.0);
    }
    report.done();
    assertThat(printed().lines())
        .containsExactly("replay: 20 %, about 40 s left", "replay: 40 %, about 30 s left");
  }

  @Test
  void aTerminalsLineIsWrittenOverAndLeftClean() {
    ProgressReport report = new ProgressReport(to, true, () -> now);
    now = SECOND;
    report.reached(0.5);
    now = 2 * SECOND;
    report.reached(0.9);
    report.done();
    assertThat(printed()).startsWith("\rreplay: 50 %").contains("\rreplay: 90 %").endsWith(" \r");
    assertThat(printed()).doesNotContain("\n");
  }
}
