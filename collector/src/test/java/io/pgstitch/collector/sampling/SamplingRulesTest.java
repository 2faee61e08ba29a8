package io.pgstitch.collector.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.SamplingOrder;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.SamplingScope;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SamplingRulesTest {
  private final SamplingRules rules = new SamplingRules();
  private final Map<String, SamplingOrder> orders = new LinkedHashMap<>();

  private static SamplingOrder order(String database, String role, double share) {
    return new SamplingOrder(database, role, new SamplingRule(share, 0L, 0.0, false), "dba", 1L);
  }

  private void set(SamplingOrder order) {
    orders.put(SamplingScope.of(order).key(), order);
    rules.set(orders);
  }

  private static Backend session(String database, String role) {
    Backend backend = new Backend();
    backend.setDatabase(database);
    backend.setUser(role);
    return backend;
  }

  private double shareOf(String database, String role) {
    return rules.of(session(database, role)).getShare();
  }

  @Test
  void withoutARuleThereIsNone() {
    assertThat(rules.of(session("shop", "bob"))).isNull();
    set(order("shop", null, 0.1));
    assertThat(rules.of(session("other", "bob"))).isNull();
    orders.clear();
    rules.set(orders);
    assertThat(rules.of(session("shop", "bob"))).isNull();
  }

  @Test
  void theMostSpecificRuleCountsWhole() {
    set(order(null, null, 0.1));
    set(order("shop", null, 0.2));
    set(order(null, "bob", 0.3));
    set(order("shop", "bob", 0.4));
    assertThat(shareOf("other", "eve")).isEqualTo(0.1);
    assertThat(shareOf("shop", "eve")).isEqualTo(0.2);
    assertThat(shareOf("other", "bob")).isEqualTo(0.3);
    assertThat(shareOf("shop", "bob")).isEqualTo(0.4);
    set(order("shop", "bob", 0.5));
    assertThat(shareOf("shop", "bob")).isEqualTo(0.5);
  }

  @Test
  void whatNobodyCouldHaveSetIsRefused() {
    assertThat(problem(order("shop", null, 0.5))).isEqualTo("");
    assertThat(problem(order("shop", null, 1.5))).contains("share");
    assertThat(problem(order("shop", null, Double.NaN))).contains("share");
    SamplingOrder negative = order("shop", null, 0.5);
    negative.getRule().setSlowerThanNs(-1);
    assertThat(problem(negative)).contains("below 0");
    SamplingOrder endless = order("shop", null, 0.5);
    endless.getRule().setUsualFactor(Double.POSITIVE_INFINITY);
    assertThat(problem(endless)).isNotEmpty();
    assertThat(SamplingRules.problemOf("database=a&role=*", order("b", null, 0.5)))
        .hasValueSatisfying(problem -> assertThat(problem).contains("key"));
  }

  private static String problem(SamplingOrder order) {
    return SamplingRules.problemOf(SamplingScope.of(order).key(), order).orElse("");
  }
}
