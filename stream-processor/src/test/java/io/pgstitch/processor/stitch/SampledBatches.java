package io.pgstitch.processor.stitch;

import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SamplingRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Batches of a session as a collector sends them while sampling rules are in force for some of the
 * time, and others wait now and then for locks that it holds.
 */
public final class SampledBatches {
  private static final List<SamplingRule> RULES =
      List.of(
          new SamplingRule(0.0, 0L, 0.0, false),
          new SamplingRule(0.3, 200_000L, 0.0, false),
          new SamplingRule(0.5, 0L, 3.0, true));

  private final Random random;
  private final List<RawEventBatch> sampled = new ArrayList<>();
  private final List<Long> waitedFor = new ArrayList<>();

  /** Follows from the number. */
  public SampledBatches(int number) {
    this.random = new Random(-number);
  }

  /** The same events with rules and waiters, and some batches that have no events. */
  public List<RawEventBatch> of(List<RawEventBatch> batches) {
    SamplingRule rule = rule();
    for (RawEventBatch batch : batches) {
      rule = random.nextInt(8) == 0 ? rule() : rule;
      batch.setSampling(rule);
      long events = batch.getLastSequence() - batch.getFirstSequence() + 1;
      if (events > 0 && random.nextInt(10) == 0) {
        waitedFor.add(batch.getFirstSequence() + random.nextLong(events));
      }
      batch.setWaitedFor(List.copyOf(waitedFor));
      waitedFor.clear();
      sampled.add(batch);
      if (random.nextInt(15) == 0) {
        waitedFor.add(batch.getLastSequence());
        sampled.add(withoutEvents(batch));
      }
    }
    return sampled;
  }

  private SamplingRule rule() {
    int which = random.nextInt(RULES.size() + 1);
    return which == RULES.size() ? null : RULES.get(which);
  }

  private RawEventBatch withoutEvents(RawEventBatch after) {
    RawEventBatch none = BatchCuts.copy(after);
    none.setFirstSequence(after.getLastSequence() + 1);
    none.setLostBefore(0);
    long events = after.getLastSequence() - after.getFirstSequence() + 1;
    none.setBaseNs(BatchPlace.behindEvents(after, events).baseNs());
    none.setEvents(List.of());
    none.setWaitedFor(List.copyOf(waitedFor));
    return none;
  }
}
