package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.TraceRecord.Stat;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The STAT lines of an execution are a tree in preorder. */
final class PlanRules {
  private final List<TraceViolation> violations;
  private final Map<Long, Long> lastId = new HashMap<>();
  private final Map<Long, Map<Long, Long>> lastPosition = new HashMap<>();

  PlanRules(List<TraceViolation> violations) {
    this.violations = violations;
  }

  void check(List<TraceRecord> records) {
    for (TraceRecord record : records) {
      if (record instanceof Stat stat) {
        check(stat);
      }
    }
  }

  private void check(Stat stat) {
    // Id 1 begins the plan of another execution.
    if (stat.id() == 1) {
      lastId.remove(stat.cursor());
      lastPosition.remove(stat.cursor());
    }
    long expected = lastId.getOrDefault(stat.cursor(), 0L) + 1;
    if (stat.id() != expected) {
      complain(stat, "id=" + stat.id() + " comes where " + expected + " is due");
    }
    if (stat.pid() >= stat.id()) {
      complain(stat, "pid=" + stat.pid() + " is no id above");
    }
    long position =
        lastPosition
            .computeIfAbsent(stat.cursor(), c -> new HashMap<>())
            .merge(stat.pid(), 1L, Long::sum);
    if (stat.pos() != position) {
      complain(stat, "pos=" + stat.pos() + " of pid=" + stat.pid() + " is due to be " + position);
    }
    lastId.put(stat.cursor(), stat.id());
  }

  private void complain(Stat stat, String message) {
    violations.add(new TraceViolation(stat.line(), TraceRule.PLAN_TREE, message));
  }
}
