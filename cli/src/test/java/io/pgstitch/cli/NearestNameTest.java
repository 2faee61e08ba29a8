package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestNameTest {
  @Test
  void findsTheNameThatWasMistyped() {
    List<String> names = List.of("kafka.*", "cluster", "schema.registry.url", "level");

    assertThat(NearestName.to("schema.regsitry.url", names)).isEqualTo("schema.registry.url");
    assertThat(NearestName.to("clutser", names)).isEqualTo("cluster");
  }

  @Test
  void takesTheAlphabeticallyFirstOfEquals() {
    assertThat(NearestName.to("x", List.of("b", "a"))).isEqualTo("a");
  }
}
