package io.pgstitch.processor.stitch;

/** Where traces are kept that wait for their leader's. */
public interface HeldTraces {
  /** Keeps one. */
  void put(long number, byte[] trace);

  /** Takes one out. */
  byte[] take(long number);

  /** Makes what was put and taken last; until then a crash or an error undoes it. */
  void save();
}
