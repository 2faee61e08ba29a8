package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimeTextTest {
  private final TimeText times =
      new TimeText(Instant.parse("2026-03-01T12:00:00Z"), ZoneId.of("Europe/Berlin"));

  @ParameterizedTest
  @CsvSource({
    "2026-03-01T09:00:00Z, 2026-03-01T09:00:00Z",
    "2026-03-01T09:00+02:00, 2026-03-01T07:00:00Z",
    "2026-03-01T09:00, 2026-03-01T08:00:00Z",
    "2026-07-01 09:00:30.5, 2026-07-01T07:00:30.500Z",
    "2026-03-01, 2026-02-28T23:00:00Z",
    "now, 2026-03-01T12:00:00Z",
    "-15m, 2026-03-01T11:45:00Z",
    "-1h30m, 2026-03-01T10:30:00Z",
    "-1d, 2026-02-28T12:00:00Z",
  })
  void momentsAreRead(String text, String expected) {
    assertThat(times.moment("--from", text)).isEqualTo(Instant.parse(expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-", "15m", "-15", "-m", "yesterday", "2026-13-01", "-1m1h"})
  void whatIsNoMomentIsNamedWithTheForms(String text) {
    assertThatThrownBy(() -> times.moment("--from", text))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("--from " + text)
        .satisfies(
            e -> assertThat(((CommandFailure) e).remedy()).contains("-15m", "Europe/Berlin"));
  }

  @Test
  void lengthsAreRead() {
    assertThat(TimeText.length("--for", "90s")).isEqualTo(Duration.ofSeconds(90));
    assertThat(TimeText.length("--for", "2d1h")).isEqualTo(Duration.ofHours(49));
    assertThatThrownBy(() -> TimeText.length("--for", "90"))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("--for 90");
  }
}
