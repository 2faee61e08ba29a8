package io.pgstitch.collector.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SessionNamesTest {
  @Test
  void readsTheTitleOfASession() {
    assertThat(SessionNames.ofTitle("postgres: app shop 10.0.0.7(51234) idle in transaction"))
        .isEqualTo(new SessionNames("app", "shop", "10.0.0.7"));
    assertThat(SessionNames.ofTitle("postgres: main: app shop [local] SELECT"))
        .isEqualTo(new SessionNames("app", "shop", "[local]"));
  }

  @Test
  void knowsNothingOfOtherTitles() {
    assertThat(SessionNames.ofTitle("postgres: checkpointer"))
        .isEqualTo(new SessionNames("", "", ""));
    assertThat(SessionNames.ofTitle("bash")).isEqualTo(new SessionNames("", "", ""));
    assertThat(SessionNames.ofTitle("")).isEqualTo(new SessionNames("", "", ""));
  }
}
