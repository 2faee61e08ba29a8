package io.pgstitch.benchmarks;

/** One of the things that are measured. */
interface Measure {
  /** By which it is chosen. */
  String name();

  /** In one line, what it measures. */
  String what();

  /**
   * Measures; whatever it starts it stops.
   *
   * @throws Exception when it could not be measured
   */
  void run(Run run) throws Exception;
}
