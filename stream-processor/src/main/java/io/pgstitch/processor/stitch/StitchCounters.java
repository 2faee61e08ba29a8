package io.pgstitch.processor.stitch;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.SamplingReason;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts by name; safe for any number of threads. */
public final class StitchCounters {
  private final EnumMap<Counter, LongAdder> values = new EnumMap<>(Counter.class);

  /** All at zero. */
  public StitchCounters() {
    for (Counter counter : Counter.values()) {
      values.put(counter, new LongAdder());
    }
  }

  /** Adds to one of them; negative for gauges that fall. */
  public void add(Counter counter, long amount) {
    values.get(counter).add(amount);
  }

  /** Current value of one. */
  public long get(Counter counter) {
    return values.get(counter).sum();
  }

  /** All by their labels, sorted. */
  public Map<String, Long> snapshot() {
    Map<String, Long> result = new TreeMap<>();
    values.forEach((counter, value) -> result.put(counter.label(), value.sum()));
    return result;
  }

  void sampled(SamplingReason reason) {
    add(
        switch (reason) {
          case REQUESTED -> Counter.KEPT_REQUESTED;
          case FAILED -> Counter.KEPT_FAILED;
          case SLOW -> Counter.KEPT_SLOW;
          case UNUSUAL -> Counter.KEPT_UNUSUAL;
          case LOCK -> Counter.KEPT_LOCK;
          case INCOMPLETE, UNKNOWN -> Counter.KEPT_INCOMPLETE;
          case PARTS -> Counter.KEPT_PARTS;
          case PARALLEL -> Counter.KEPT_PARALLEL;
          case SHARE -> Counter.KEPT_SHARE;
          case LEFT_OUT -> Counter.LEFT_OUT;
        },
        1);
  }

  void traceClosed(CloseReason reason) {
    add(
        switch (reason) {
          case COMPLETED -> Counter.TRACES_COMPLETED;
          case FAILED -> Counter.TRACES_FAILED;
          case BACKEND_ENDED -> Counter.TRACES_BACKEND_ENDED;
          case SUPERSEDED -> Counter.TRACES_SUPERSEDED;
          case PARSE_ONLY -> Counter.TRACES_PARSE_ONLY;
          case COLLECTOR_RESTARTED -> Counter.TRACES_COLLECTOR_RESTARTED;
          case LIMIT -> Counter.TRACES_LIMIT;
        },
        1);
  }
}
