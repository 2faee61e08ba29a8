package io.pgstitch.testkit;

import java.util.List;
import java.util.stream.IntStream;

/**
 * PostgreSQL majors for parameterized tests. What differs most between majors is tested on all; the
 * rest on the oldest, a middle and the newest, or on those that {@code -Dpgstitch.majors=all} or
 * e.g. {@code -Dpgstitch.majors=14,16} names.
 */
public final class Majors {
  private static final List<Integer> ALL = List.of(13, 14, 15, 16, 17, 18);

  private Majors() {}

  /** 13, 15 and 18 unless others are asked for. */
  public static IntStream sampled() {
    String asked = System.getProperty("pgstitch.majors", "13,15,18");
    return asked.equals("all")
        ? ALL.stream().mapToInt(Integer::intValue)
        : List.of(asked.split(",", -1)).stream().mapToInt(Integer::parseInt);
  }
}
