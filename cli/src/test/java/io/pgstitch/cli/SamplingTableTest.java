package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgstitch.schema.SamplingOrder;
import io.pgstitch.schema.SamplingRule;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingTableTest {
  private static final SamplingOrder FLEET =
      new SamplingOrder(
          null, null, new SamplingRule(0.1, 200_000_000L, 0.0, true), "dba@db1", 1_000_000_000L);
  private static final SamplingOrder ROLE =
      new SamplingOrder(null, "b\nb", new SamplingRule(1.0, 0L, 0.0, false), "dba@db1", 0L);
  private static final SamplingOrder BOTH =
      new SamplingOrder("shop", "bob", new SamplingRule(0.005, 0L, 2.5, false), "dba@db1", 0L);

  @Test
  void theMostSpecificRuleIsTheFirst() {
    List<String> lines = new SamplingTable(List.of(FLEET, ROLE, BOTH)).lines();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0))
        .matches("DATABASE +ROLE +SHARE +SLOWER THAN +USUAL TIMES +CONTEXTS +SET BY +SINCE");
    assertThat(lines.get(1)).matches("shop +bob +0.5% +- +2.5 +all +dba@db1 +1970-01-01T00:00:00Z");
    assertThat(lines.get(2)).matches("\\* +b\\\\u000ab +100% +- +- +all +dba@db1 +.*");
    assertThat(lines.get(3)).matches("\\* +\\* +10% +200 ms +- +share +dba@db1 +.*01Z");
  }

  @Test
  void withoutRulesItSaysWhatThatMeans() throws Exception {
    SamplingTable none = new SamplingTable(List.of());
    assertThat(none.lines()).containsExactly("no sampling rules: every statement is kept");
    assertThat(new ObjectMapper().readTree(none.json())).isEmpty();
  }

  @Test
  void jsonHasNullWhereNothingWasSaid() throws Exception {
    JsonNode rules = new ObjectMapper().readTree(new SamplingTable(List.of(FLEET, BOTH)).json());
    assertThat(rules.get(0).get("database").asText()).isEqualTo("shop");
    assertThat(rules.get(0).get("slower_than_ms").isNull()).isTrue();
    assertThat(rules.get(0).get("slower_than_usual").asDouble()).isEqualTo(2.5);
    assertThat(rules.get(1).get("role").isNull()).isTrue();
    assertThat(rules.get(1).get("slower_than_ms").asLong()).isEqualTo(200);
    assertThat(rules.get(1).get("share_contexts").asBoolean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"5%, 0.05", "5, 0.05", "0.5%, 0.005", "0%, 0", "100 %, 1"})
  void aShareIsAPercentage(String text, double share) {
    assertThat(SamplingSetCommand.shareOf(text)).isEqualTo(share);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "%", "101%", "-1", "1/100", "NaN", "5%%"})
  void whatIsNoPercentageIsRefusedWithWhatWouldBeOne(String text) {
    assertThatThrownBy(() -> SamplingSetCommand.shareOf(text))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("is no share")
        .satisfies(e -> assertThat(((CommandFailure) e).remedy()).contains("0.5%"));
  }
}
