package io.pgstitch.collector;

import io.pgstitch.bpf.WaitNow;
import io.pgstitch.collector.encode.BackendStream;
import io.pgstitch.schema.ClockAnchor;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * Says of backends that run a statement and have no events that they are there, and in which wait:
 * once when a wait lasts for a second, and once a minute. Events travel when something ends;
 * without this nobody could tell a backend that sleeps in a lock from one that was killed with its
 * host. Used by the thread that reads the kernel's events alone.
 */
final class LifeSigns {
  /** Shorter silence is not looked at. */
  private static final long SILENCE = Duration.ofSeconds(1).toNanos();

  private static final long REPEAT = Duration.ofMinutes(1).toNanos();

  private final IntFunction<Optional<WaitNow>> waits;
  private final Map<Integer, Sign> last = new HashMap<>();
  private long nextLook;

  /** What was said last of a backend, and after which event. */
  private record Sign(long sequence, long waitStart, long atNanos) {}

  /**
   * @param waits asked for the wait in which a process is
   */
  LifeSigns(IntFunction<Optional<WaitNow>> waits) {
    this.waits = waits;
  }

  /** Whether a second has passed since the last look; the next one is due a second later. */
  boolean isDue(long nowNanos) {
    if (nowNanos < nextLook) {
      return false;
    }
    nextLook = nowNanos + SILENCE;
    return true;
  }

  /** Nanoseconds until the next look is due; negative when it is. */
  long untilDue(long nowNanos) {
    return nextLook - nowNanos;
  }

  /** Gives a sign of a backend where there is something to say. */
  void look(int pid, BackendStream stream, ClockAnchor clock) {
    long now = clock.getMonotonicNs();
    if (!stream.busy() || now - stream.lastNanos() < SILENCE) {
      last.remove(pid);
      return;
    }
    Optional<WaitNow> wait = waits.apply(pid).filter(open -> now - open.startNanos() >= SILENCE);
    long start = wait.map(WaitNow::startNanos).orElse(0L);
    Sign before = last.get(pid);
    boolean same = before != null && before.sequence == stream.lastSequence();
    boolean known = same ? before.waitStart == start : start == 0;
    boolean repeat = now - (same ? before.atNanos : stream.lastNanos()) >= REPEAT;
    if (!known || repeat) {
      stream.signOfLife(wait.orElse(null), clock);
      last.put(pid, new Sign(stream.lastSequence(), start, now));
    }
  }

  /** A backend has gone. */
  void ended(int pid) {
    last.remove(pid);
  }
}
