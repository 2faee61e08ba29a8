package io.pgstitch.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/**
 * Repeated measurements of one thing.
 *
 * @param values in the order they were taken, at least one
 */
record Samples(List<Double> values) {
  Samples {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("no samples");
    }
    values = List.copyOf(values);
  }

  static Samples of(double... values) {
    List<Double> boxed = new ArrayList<>();
    for (double value : values) {
      boxed.add(value);
    }
    return new Samples(boxed);
  }

  static Samples of(Collection<Double> values) {
    return new Samples(List.copyOf(values));
  }

  /** What stood beside what: the differences of the pairs. */
  Samples minus(Samples baseline) {
    return paired(baseline, (x, b) -> x - b);
  }

  /** The quotients of the pairs. */
  Samples dividedBy(Samples baseline) {
    return paired(baseline, (x, b) -> x / b);
  }

  Samples times(double factor) {
    return new Samples(values.stream().map(v -> v * factor).toList());
  }

  private interface OfPair {
    double apply(double value, double baseline);
  }

  private Samples paired(Samples baseline, OfPair of) {
    if (baseline.values.size() != values.size()) {
      throw new IllegalArgumentException(
          values.size() + " samples and " + baseline.values.size() + " are no pairs");
    }
    List<Double> results = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      results.add(of.apply(values.get(i), baseline.values.get(i)));
    }
    return new Samples(results);
  }

  int count() {
    return values.size();
  }

  double median() {
    return quantile(0.5);
  }

  /** Half the distance between the quartiles. */
  double spread() {
    return (quantile(0.75) - quantile(0.25)) / 2;
  }

  /**
   * Between the two nearest values in proportion.
   *
   * @param q 0 for the least, 1 for the greatest
   */
  double quantile(double q) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    double place = q * (sorted.size() - 1);
    int below = (int) Math.floor(place);
    int above = (int) Math.ceil(place);
    return sorted.get(below) + (place - below) * (sorted.get(above) - sorted.get(below));
  }
}
