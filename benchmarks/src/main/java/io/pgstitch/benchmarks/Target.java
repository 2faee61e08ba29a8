package io.pgstitch.benchmarks;

import java.util.Locale;
import java.util.Optional;

/**
 * What a figure is to reach.
 *
 * @param limit in the figure's unit
 * @param atMost whether the figure must not be above it; otherwise it must not be below
 */
record Target(double limit, boolean atMost) {
  static Target atMost(double limit) {
    return new Target(limit, true);
  }

  static Target atLeast(double limit) {
    return new Target(limit, false);
  }

  /** Whether it is met; empty when it lies within the spread, so that another run may differ. */
  Optional<Boolean> metBy(double value, double spread) {
    double worst = atMost ? value + spread : value - spread;
    double best = atMost ? value - spread : value + spread;
    if (reaches(worst)) {
      return Optional.of(true);
    }
    return reaches(best) ? Optional.empty() : Optional.of(false);
  }

  private boolean reaches(double value) {
    return atMost ? value <= limit : value >= limit;
  }

  @Override
  public String toString() {
    String number =
        limit == Math.rint(limit)
            ? String.format(Locale.ROOT, "%,d", (long) limit)
            : String.valueOf(limit);
    return (atMost ? "<= " : ">= ") + number;
  }
}
