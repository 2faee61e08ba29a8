package io.pgstitch.collector.encode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** It does as a map of the library would. */
final class ByNumberTest {
  private final ByNumber<String> byNumber = new ByNumber<>();

  @Test
  void whatIsNotThereIsNull() {
    assertThat(byNumber.get(0)).isNull();
    assertThat(byNumber.remove(0)).isNull();
    assertThat(byNumber.size()).isZero();
  }

  @Test
  void aValueIsReplaced() {
    assertThat(byNumber.put(-7, "a")).isNull();
    assertThat(byNumber.put(-7, "b")).isEqualTo("a");
    assertThat(byNumber.get(-7)).isEqualTo("b");
    assertThat(byNumber.size()).isEqualTo(1);
  }

  @Test
  void afterManyChangesItHoldsWhatAMapHolds() {
    Random random = new Random(4711);
    Map<Integer, String> expected = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      // Few and close, as pids are, so that many searches pass over others.
      int number = random.nextInt(300) * (random.nextBoolean() ? 1 : 65_536);
      if (random.nextInt(3) == 0) {
        assertThat(byNumber.remove(number)).isEqualTo(expected.remove(number));
      } else {
        String value = "v" + i;
        assertThat(byNumber.put(number, value)).isEqualTo(expected.put(number, value));
      }
    }
    expected.forEach((number, value) -> assertThat(byNumber.get(number)).isEqualTo(value));
    List<String> values = new ArrayList<>();
    byNumber.forEach(values::add);
    assertThat(values).containsExactlyInAnyOrderElementsOf(expected.values());
    assertThat(byNumber.size()).isEqualTo(expected.size());
  }
}
