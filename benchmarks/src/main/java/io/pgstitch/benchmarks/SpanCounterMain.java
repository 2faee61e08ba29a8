package io.pgstitch.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** A receiver as a process of its own: {@code ready URL}, and then {@code spans N} as N grows. */
public final class SpanCounterMain {
  private SpanCounterMain() {}

  /** Runs until the process is stopped. */
  public static void main(String[] arguments) throws InterruptedException {
    LongAdder spans = new LongAdder();
    SpanReceiver receiver =
        SpanReceiver.start((request, received) -> spans.add(SpanReceiver.spans(request)));
    System.out.println("ready " + receiver.endpoint());
    long said = 0;
    while (true) {
      TimeUnit.MILLISECONDS.sleep(20);
      if (spans.sum() != said) {
        said = spans.sum();
        System.out.println("spans " + said + " in all");
      }
    }
  }
}
