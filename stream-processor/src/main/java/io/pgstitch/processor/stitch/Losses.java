package io.pgstitch.processor.stitch;

import io.pgstitch.processor.state.Loss;
import io.pgstitch.processor.state.OpenStatement;
import io.pgstitch.schema.EventLoss;
import java.util.ArrayList;
import java.util.List;

/** Where the events of a statement were lost: a bounded list, null for an empty one. */
final class Losses {
  /** What a collector that was not there did not see. */
  static final long UNKNOWN = -1;

  private static final int PLACES = 16;

  private Losses() {}

  /** Adds a place to a statement's. */
  static void add(OpenStatement statement, Loss loss) {
    statement.setLosses(plus(statement.getLosses(), loss));
  }

  /** The list with one more; the last place of a full one takes it up. */
  static List<Loss> plus(List<Loss> losses, Loss loss) {
    List<Loss> more = losses == null ? new ArrayList<>() : new ArrayList<>(losses);
    if (more.size() < PLACES) {
      more.add(loss);
      return more;
    }
    Loss last = more.remove(PLACES - 1);
    boolean unknown = last.getEvents() == UNKNOWN || loss.getEvents() == UNKNOWN;
    more.add(
        new Loss(
            loss.getBeforeSequence(),
            unknown ? UNKNOWN : last.getEvents() + loss.getEvents(),
            last.getFromUtcNs(),
            loss.getToUtcNs()));
    return more;
  }

  /** Both lists in one. */
  static List<Loss> join(List<Loss> first, List<Loss> second) {
    List<Loss> all = first;
    for (Loss loss : second == null ? List.<Loss>of() : second) {
      all = plus(all, loss);
    }
    return all;
  }

  /** As a trace says it. */
  static List<EventLoss> of(OpenStatement statement) {
    if (statement.getLosses() == null) {
      return null;
    }
    return statement.getLosses().stream()
        .map(
            loss ->
                new EventLoss(
                    loss.getBeforeSequence(),
                    loss.getEvents(),
                    loss.getFromUtcNs(),
                    loss.getToUtcNs()))
        .toList();
  }
}
