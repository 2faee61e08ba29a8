package io.pgstitch.collector.sampling;

import io.pgstitch.collector.control.Printable;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.SamplingOrder;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.SamplingScope;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sampling rules in force. One thread sets them, others ask; each answer is of one set of
 * rules.
 */
public final class SamplingRules {
  private static final Logger LOG = LoggerFactory.getLogger(SamplingRules.class);

  private volatile Map<String, SamplingOrder> orders = Map.of();

  /** Without a rule: everything is kept. */
  public SamplingRules() {}

  /** The rule for a session, null when none names it. */
  public SamplingRule of(Backend backend) {
    Map<String, SamplingOrder> now = orders;
    if (now.isEmpty()) {
      return null;
    }
    for (SamplingScope scope : SamplingScope.around(backend.getDatabase(), backend.getUser())) {
      SamplingOrder order = now.get(scope.key());
      if (order != null) {
        return order.getRule();
      }
    }
    return null;
  }

  /** Replaces all rules, by their keys; the log says what is another. */
  void set(Map<String, SamplingOrder> all) {
    Map<String, SamplingOrder> before = orders;
    orders = Map.copyOf(all);
    new TreeMap<>(all)
        .forEach(
            (key, order) -> {
              if (!order.equals(before.get(key))) {
                LOG.info(
                    "sampling: {} now {}",
                    Printable.of(key),
                    Printable.of(String.valueOf(order.getRule())));
              }
            });
    before.keySet().stream()
        .filter(key -> !all.containsKey(key))
        .forEach(key -> LOG.info("sampling: {} has no rule any more", Printable.of(key)));
  }

  /** What is wrong with a rule that came from outside; empty when it can be followed. */
  static Optional<String> problemOf(String key, SamplingOrder order) {
    SamplingRule rule = order.getRule();
    if (!SamplingScope.of(order).key().equals(key)) {
      return Optional.of("its key is not that of its database and role");
    }
    // Written so that what is no number is refused as well.
    if (!(rule.getShare() >= 0 && rule.getShare() <= 1)) {
      return Optional.of("its share is not between 0 and 1");
    }
    if (rule.getSlowerThanNs() < 0
        || !(rule.getUsualFactor() >= 0 && rule.getUsualFactor() <= Float.MAX_VALUE)) {
      return Optional.of("its lengths are below 0");
    }
    return Optional.empty();
  }
}
