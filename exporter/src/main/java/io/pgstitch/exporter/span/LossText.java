package io.pgstitch.exporter.span;

import io.pgstitch.schema.EventLoss;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;

/** Where events of a statement were lost, in words. */
final class LossText {
  private LossText() {}

  static String of(List<EventLoss> losses) {
    return losses.stream().map(LossText::of).collect(Collectors.joining("; "));
  }

  private static String of(EventLoss loss) {
    String count = loss.getEvents() < 0 ? "unknown number" : String.valueOf(loss.getEvents());
    return "%s before event %d, between %s and %s"
        .formatted(count, loss.getBeforeSequence(), at(loss.getFromUtcNs()), at(loss.getToUtcNs()));
  }

  private static Instant at(long utcNs) {
    return Instant.EPOCH.plusNanos(utcNs);
  }
}
