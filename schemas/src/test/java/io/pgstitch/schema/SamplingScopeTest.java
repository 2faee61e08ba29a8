package io.pgstitch.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SamplingScopeTest {
  private static SamplingScope scope(String database, String role) {
    return new SamplingScope(Optional.ofNullable(database), Optional.ofNullable(role));
  }

  @Test
  void noTwoScopesShareAKey() {
    assertThat(
            Stream.of(
                    SamplingScope.FLEET,
                    scope("*", null),
                    scope("", null),
                    scope("a&role=b", null),
                    scope("a", "b"),
                    scope("a b", null),
                    scope("a+b", null))
                .map(SamplingScope::key))
        .doesNotHaveDuplicates()
        .contains("database=*&role=*", "database=a&role=b");
  }

  @Test
  void theMostSpecificScopeComesFirst() {
    assertThat(SamplingScope.around("shop", "bob"))
        .containsExactly(
            scope("shop", "bob"), scope(null, "bob"), scope("shop", null), SamplingScope.FLEET);
  }
}
