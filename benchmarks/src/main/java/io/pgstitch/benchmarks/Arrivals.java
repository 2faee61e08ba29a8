package io.pgstitch.benchmarks;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** When the spans of pgbench's statements came, and how long after the statements' ends. */
final class Arrivals implements SpanReceiver.Listener {
  private static final String TEXT = "db.query.text";
  private static final String STATEMENT = "SELECT abalance";

  private final List<Double> millis = new ArrayList<>();
  private long bytes;
  private long lastNanos;

  @Override
  public void received(ExportTraceServiceRequest request, long receivedUtcNanos) {
    List<Double> seen = new ArrayList<>();
    for (ResourceSpans resource : request.getResourceSpansList()) {
      for (ScopeSpans scope : resource.getScopeSpansList()) {
        for (Span span : scope.getSpansList()) {
          if (SpanReceiver.isRoot(span) && isOfPgbench(span)) {
            seen.add((receivedUtcNanos - span.getEndTimeUnixNano()) / 1e6);
          }
        }
      }
    }
    synchronized (this) {
      millis.addAll(seen);
      bytes += request.getSerializedSize();
      lastNanos = System.nanoTime();
    }
  }

  private static boolean isOfPgbench(Span span) {
    for (KeyValue attribute : span.getAttributesList()) {
      if (attribute.getKey().equals(TEXT)) {
        return attribute.getValue().getStringValue().startsWith(STATEMENT);
      }
    }
    return false;
  }

  /** Statements whose spans came. */
  synchronized int count() {
    return millis.size();
  }

  /** Bytes of requests, before they were compressed. */
  synchronized long bytes() {
    return bytes;
  }

  /** When the last request came, by {@link System#nanoTime}. */
  synchronized long lastNanos() {
    return lastNanos;
  }

  /** From the ends of the statements to the spans' arrival, from the given one on, ms. */
  synchronized List<Double> millisFrom(int first) {
    return List.copyOf(millis.subList(first, millis.size()));
  }

  /**
   * Waits for the spans of so many statements.
   *
   * @throws IllegalStateException when there are fewer after the limit, or more
   */
  void await(long statements, Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (count() < statements && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
    if (count() != statements) {
      throw new IllegalStateException(
          "spans came of " + count() + " statements, pgbench ran " + statements);
    }
  }
}
