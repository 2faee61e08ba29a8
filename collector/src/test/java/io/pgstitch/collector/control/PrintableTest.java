package io.pgstitch.collector.control;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void escapesWhatATerminalWouldObey() {
    assertThat(Printable.of("a\nb\u001b[2Jc\u009bd\u202ee\u2028f"))
        .isEqualTo("a\\u000ab\\u001b[2Jc\\u009bd\\u202ee\\u2028f");
  }

  @Test
  void leavesLettersOfAllScriptsAlone() {
    assertThat(Printable.of("größe 売上 🐘")).isEqualTo("größe 売上 🐘");
  }
}
