package io.pgstitch.benchmarks;

import java.util.List;

/** Something that a server may be under while its clients work. */
interface ServerState {
  /** As in the figures. */
  String name();

  /** Which server it is about. */
  Database database();

  /** What is measured under it. */
  List<Load> loads();

  /** Options of the one session of eight. */
  String optionsOfOne();

  /** Options of its neighbours. */
  String optionsOfOthers();

  /** Brings it about; closing the result ends it. */
  AutoCloseable begin() throws Exception;

  /**
   * Holds it against an independent count that it really was in force.
   *
   * @param transactions that ran under it since the last call or the beginning
   * @throws IllegalStateException when it was not
   */
  void verify(Load load, long transactions) throws Exception;
}
