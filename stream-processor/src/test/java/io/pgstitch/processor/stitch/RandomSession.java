package io.pgstitch.processor.stitch;

import io.pgstitch.schema.RawEventBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A random session, cut into small batches, and what it is stitched to. */
public final class RandomSession {
  private final List<RawEventBatch> batches = new ArrayList<>();
  private final Stitched stitched;

  /** One that follows from the number, which is its pid. */
  public RandomSession(int number) {
    BackendScript script = new RandomScript(number).write();
    script.backend().setPid(number);
    Random random = new Random(number);
    int from = 0;
    while (from < script.size()) {
      int to = Math.min(script.levelEnd(from), from + 1 + random.nextInt(25));
      batches.add(script.batch(from, to, 0));
      from = to;
    }
    stitched = script.stitch();
  }

  /** What a collector sends. */
  public List<RawEventBatch> batches() {
    return batches;
  }

  /** What comes of it when nothing is disturbed. */
  public Stitched stitched() {
    return stitched;
  }
}
