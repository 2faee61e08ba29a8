package io.pgstitch.exporter.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostFilterTest {
  private final HostFilter filter = new HostFilter(Set.of("db 1"));

  @Test
  void recordsOfANamedHostPass() {
    assertThat(filter.accepts(key("default/db+1/boot/42"))).isTrue();
  }

  @Test
  void recordsOfAnotherHostDoNot() {
    assertThat(filter.accepts(key("default/db2/boot/42"))).isFalse();
  }

  @Test
  void recordsOfAllHostsPassWhenNoneIsNamed() {
    assertThat(new HostFilter(Set.of()).accepts(key("default/db2/boot/42"))).isTrue();
  }

  @Test
  void recordsThatNameNoHostPassToWhereTheyAreReported() {
    assertThat(filter.accepts(null)).isTrue();
    assertThat(filter.accepts(key("something else"))).isTrue();
    assertThat(filter.accepts(key("default/%zz/boot/42"))).isTrue();
  }

  private static byte[] key(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
