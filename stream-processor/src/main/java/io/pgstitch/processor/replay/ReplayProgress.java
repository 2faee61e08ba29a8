package io.pgstitch.processor.replay;

/** Hears how far a replay is. */
@FunctionalInterface
public interface ReplayProgress {
  /**
   * Called often.
   *
   * @param part of all work, from 0 to 1
   */
  void reached(double part);
}
