package io.pgstitch.testkit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What arrived, and what is to be answered next; shared by both transports. */
final class OtlpInbox {
  private final List<OtlpRequest> kept = new ArrayList<>();
  private final Deque<OtlpAnswer> planned = new ArrayDeque<>();
  private OtlpAnswer usual = OtlpAnswer.accept();
  private int refused;

  /**
   * Decides the answer, waits as long as it says and keeps the request if the answer accepts it.
   */
  OtlpAnswer receive(OtlpRequest request) throws InterruptedException {
    OtlpAnswer answer = next();
    Thread.sleep(answer.delay().toMillis());
    synchronized (this) {
      if (answer.keepsRequest()) {
        kept.add(request);
      } else {
        refused++;
      }
      notifyAll();
    }
    return answer;
  }

  synchronized void plan(int times, OtlpAnswer answer) {
    for (int i = 0; i < times; i++) {
      planned.add(answer);
    }
  }

  synchronized void planAlways(OtlpAnswer answer) {
    planned.clear();
    usual = answer;
  }

  synchronized List<OtlpRequest> requests() {
    return List.copyOf(kept);
  }

  synchronized int refused() {
    return refused;
  }

  /** Waits until so many spans were kept, or the time is over. */
  synchronized void awaitSpans(int count, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    long left = limit.toNanos();
    while (spanCount() < count && left > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = deadline - System.nanoTime();
    }
  }

  private synchronized OtlpAnswer next() {
    return planned.isEmpty() ? usual : planned.remove();
  }

  private int spanCount() {
    return kept.stream().mapToInt(request -> OtlpSpan.of(request).size()).sum();
  }
}
