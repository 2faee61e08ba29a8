package io.pgstitch.benchmarks;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One line of the table.
 *
 * @param name measure and figure, e.g. stitcher.level-1.rate
 * @param value the median; empty when there is no number to give
 * @param unit of value and spread
 * @param spread half the distance between the quartiles of the samples
 * @param samples how many there were
 * @param ratio to the baseline of the same pairs, where there is one
 * @param target what it is to reach, in its unit, where something was promised
 * @param met whether it does; empty without a target, without a value, or when the target lies
 *     within the spread
 * @param note what else must be known, e.g. why there is no value
 */
public record Figure(
    String name,
    OptionalDouble value,
    String unit,
    double spread,
    int samples,
    OptionalDouble ratio,
    Optional<String> target,
    Optional<Boolean> met,
    String note) {
  /** Half the distance between the quartiles, as a part of the median, that is still a number. */
  private static final double MOST_SPREAD = 0.2;

  /** A figure whose samples stand for themselves. */
  static Figure of(String name, Samples samples, String unit) {
    return of(name, samples, unit, Math.abs(samples.median()));
  }

  /**
   * A figure that is a difference or a part of something greater.
   *
   * @param whole what the spread is compared with, in the same unit
   */
  static Figure of(String name, Samples samples, String unit, double whole) {
    double median = samples.median();
    double spread = samples.spread();
    boolean noisy = samples.count() > 1 && spread > MOST_SPREAD * whole;
    return new Figure(
        name,
        noisy ? OptionalDouble.empty() : OptionalDouble.of(median),
        unit,
        spread,
        samples.count(),
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.empty(),
        noisy
            ? String.format(
                Locale.ROOT,
                "too noisy: half the quartile distance is %.0f %% (at most %.0f)",
                100 * spread / whole,
                100 * MOST_SPREAD)
            : "");
  }

  /** A figure that cannot be had here, with the reason. */
  static Figure none(String name, String unit, String why) {
    return new Figure(
        name,
        OptionalDouble.empty(),
        unit,
        0,
        0,
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.empty(),
        why);
  }

  /** The same with its quotient to the baseline. */
  Figure comparedWith(Samples ratios) {
    return new Figure(
        name,
        value,
        unit,
        spread,
        samples,
        value.isPresent() ? OptionalDouble.of(ratios.median()) : OptionalDouble.empty(),
        target,
        met,
        note);
  }

  /** The same with what it is to reach. */
  Figure against(Target wanted) {
    Optional<Boolean> reached =
        value.isPresent() ? wanted.metBy(value.getAsDouble(), spread) : Optional.empty();
    boolean undecided = value.isPresent() && reached.isEmpty();
    return new Figure(
        name,
        value,
        unit,
        spread,
        samples,
        ratio,
        Optional.of(wanted.toString()),
        reached,
        undecided ? joined(note, "the target lies within the spread") : note);
  }

  /** The same with something that must be known. */
  Figure noting(String more) {
    return new Figure(name, value, unit, spread, samples, ratio, target, met, joined(note, more));
  }

  private static String joined(String first, String second) {
    return first.isEmpty() ? second : first + "; " + second;
  }
}
