package io.pgstitch.processor.stitch;

import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.ClockAnchor;
import io.pgstitch.schema.RawEventBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;

/**
 * Something that may happen to the batches of a host between its backends and the stitcher.
 *
 * @param kind what
 * @param at where, as a share of the batches
 * @param size how much of it; what that means depends on the kind
 */
record Disturbance(Kind kind, double at, int size) {
  /** So much later a second collector's programs run. */
  static final long OTHERS_DELAY_NS = 700;

  private static final long HOUR_NS = 3_600_000_000_000L;

  enum Kind {
    /** Batches are lost on the way. */
    DROPPED,
    /** The same, and the collector knows of it: the next batch says how much. */
    LOST_ON_THE_HOST,
    /** A batch comes again, at once or later. */
    DOUBLED,
    /** A batch comes after others that it came before. */
    LATE,
    /** Batches of several backends come in another order, each backend's in its own. */
    BETWEEN_BACKENDS,
    /** What came before is not there, e.g. no longer retained. */
    HEAD_CUT,
    /** The rest never comes. */
    TAIL_CUT,
    /** A batch holds events that came already, and new ones. */
    OVERLAPPING,
    /** A batch has lost some of its events and still says that it has them. */
    TORN_EVENTS,
    /** A batch has lost some of its strings. */
    TORN_STRINGS,
    /** A second collector on the host sends all from here on as well. */
    SECOND_COLLECTOR,
    /** The same, until it is stopped again. */
    SECOND_COLLECTOR_FOR_A_WHILE,
    /** The collector restarts; what happens meanwhile is not seen. */
    COLLECTOR_RESTART,
    /** The server crashes: its backends end where they are. */
    SERVER_CRASH,
    /** The host's clock is set forward. */
    CLOCK_FORWARD,
    /** The host's clock is set back. */
    CLOCK_BACK
  }

  static Disturbance any(Random random) {
    Kind[] kinds = Kind.values();
    return new Disturbance(
        kinds[random.nextInt(kinds.length)], random.nextDouble(), 1 + random.nextInt(6));
  }

  /** The batches as they come with it. */
  List<RawEventBatch> on(List<RawEventBatch> batches) {
    List<RawEventBatch> all = new ArrayList<>(batches);
    if (all.size() < 2) {
      return all;
    }
    int place = (int) (at * all.size());
    int end = Math.min(all.size(), place + size);
    switch (kind) {
      case DROPPED -> all.subList(place, end).clear();
      case LOST_ON_THE_HOST -> lostOnTheHost(all, place, end);
      case DOUBLED -> all.add(Math.min(all.size(), place + size), all.get(place));
      case LATE -> all.add(Math.min(all.size() - 1, place + size), all.remove(place));
      case BETWEEN_BACKENDS -> betweenBackends(all);
      case HEAD_CUT -> all.subList(0, place).clear();
      case TAIL_CUT -> all.subList(place, all.size()).clear();
      case OVERLAPPING -> overlapping(all, place);
      case TORN_EVENTS -> all.set(place, withoutEvents(all.get(place)));
      case TORN_STRINGS -> all.set(place, withoutStrings(all.get(place)));
      case SECOND_COLLECTOR -> secondCollector(all, place, all.size());
      case SECOND_COLLECTOR_FOR_A_WHILE -> secondCollector(all, place, end + 6 * size);
      case COLLECTOR_RESTART -> collectorRestart(all, place, end);
      case SERVER_CRASH -> serverCrash(all, place);
      case CLOCK_FORWARD -> clock(all, place, HOUR_NS);
      case CLOCK_BACK -> clock(all, place, -HOUR_NS);
    }
    return all;
  }

  private static boolean sameStream(RawEventBatch one, RawEventBatch other) {
    return RecordedStreams.session(one).equals(RecordedStreams.session(other))
        && one.getEpochNs() == other.getEpochNs();
  }

  private static void lostOnTheHost(List<RawEventBatch> all, int place, int end) {
    List<RawEventBatch> lost = new ArrayList<>(all.subList(place, end));
    all.subList(place, end).clear();
    for (RawEventBatch gone : lost) {
      for (int i = place; i < all.size(); i++) {
        if (sameStream(all.get(i), gone)) {
          RawEventBatch next = BatchCuts.copy(all.get(i));
          next.setLostBefore(next.getLostBefore() + BatchCuts.numbered(gone.getEvents()));
          all.set(i, next);
          break;
        }
      }
    }
  }

  private void betweenBackends(List<RawEventBatch> all) {
    Random random = new Random(Double.doubleToLongBits(at));
    for (int round = 0; round < all.size(); round++) {
      int i = random.nextInt(all.size() - 1);
      if (!RecordedStreams.session(all.get(i)).equals(RecordedStreams.session(all.get(i + 1)))) {
        all.add(i, all.remove(i + 1));
      }
    }
  }

  private void overlapping(List<RawEventBatch> all, int place) {
    RawEventBatch first = all.get(place);
    for (int i = place + 1; i < all.size(); i++) {
      RawEventBatch next = all.get(i);
      if (sameStream(first, next) && next.getFirstSequence() == first.getLastSequence() + 1) {
        RawEventBatch both = BatchCuts.joined(first, next);
        if (both != null) {
          all.set(i, both);
        }
        return;
      }
    }
  }

  private RawEventBatch withoutEvents(RawEventBatch batch) {
    RawEventBatch torn = BatchCuts.copy(batch);
    int left = Math.max(0, batch.getEvents().size() - size);
    torn.setEvents(new ArrayList<>(batch.getEvents().subList(0, left)));
    return torn;
  }

  private RawEventBatch withoutStrings(RawEventBatch batch) {
    RawEventBatch torn = BatchCuts.copy(batch);
    torn.setStrings(new ArrayList<>(batch.getStrings().subList(0, 1)));
    return torn;
  }

  /** Each batch comes twice, the second time as another collector saw the same. */
  private void secondCollector(List<RawEventBatch> all, int place, int end) {
    long first = all.get(place).getEpochNs();
    List<RawEventBatch> seconds =
        anotherRun(all, place, end, batch -> batch.getEpochNs() == first, epochAfter(all, place));
    for (RawEventBatch second : seconds) {
      second.setBaseNs(second.getBaseNs() + OTHERS_DELAY_NS);
    }
    // The second is some batches ahead, or behind.
    int from = Math.max(0, place + 1 + 2 * (size % 3 - 1));
    for (int i = 0; i < seconds.size(); i++) {
      all.add(Math.min(all.size(), from + 2 * i), seconds.get(i));
    }
  }

  private static void collectorRestart(List<RawEventBatch> all, int place, int end) {
    if (end >= all.size()) {
      return;
    }
    long restarted = all.get(place).getEpochNs();
    long epoch = epochAfter(all, end);
    List<RawEventBatch> before = new ArrayList<>(all.subList(0, place));
    List<RawEventBatch> others = new ArrayList<>(all.subList(place, all.size()));
    others.removeIf(batch -> batch.getEpochNs() == restarted);
    List<RawEventBatch> after =
        anotherRun(all, end, all.size(), batch -> batch.getEpochNs() == restarted, epoch);
    all.clear();
    all.addAll(before);
    all.addAll(after);
    all.addAll(others);
  }

  private static long epochAfter(List<RawEventBatch> all, int place) {
    long epoch = all.get(place).getBaseNs();
    for (RawEventBatch batch : all) {
      epoch = Math.max(epoch, batch.getEpochNs() + 1);
    }
    return epoch;
  }

  /** The same events as another run of a collector sends them, which numbers them anew. */
  private static List<RawEventBatch> anotherRun(
      List<RawEventBatch> all, int from, int to, Predicate<RawEventBatch> which, long epoch) {
    List<RawEventBatch> run = new ArrayList<>();
    Map<String, Long> firsts = new HashMap<>();
    for (RawEventBatch batch : all.subList(from, Math.min(all.size(), to))) {
      if (which.test(batch)) {
        RawEventBatch copy = BatchCuts.copy(batch);
        copy.setEpochNs(epoch);
        run.add(copy);
        long first = batch.getFirstSequence() - batch.getLostBefore();
        firsts.merge(RecordedStreams.session(batch), first, Math::min);
      }
    }
    for (RawEventBatch batch : run) {
      long first = firsts.get(RecordedStreams.session(batch));
      batch.setFirstSequence(batch.getFirstSequence() - first + 1);
      batch.setLastSequence(batch.getLastSequence() - first + 1);
      batch.setBegunBefore(batch.getBegunBefore() || first > 1);
    }
    return run;
  }

  private static void serverCrash(List<RawEventBatch> all, int place) {
    List<RawEventBatch> seen = new ArrayList<>(all.subList(0, place));
    all.subList(place, all.size()).clear();
    List<String> ended = new ArrayList<>();
    for (int i = seen.size() - 1; i >= 0; i--) {
      RawEventBatch last = seen.get(i);
      if (ended.contains(RecordedStreams.session(last))) {
        continue;
      }
      ended.add(RecordedStreams.session(last));
      if (last.getEvents().isEmpty()
          || last.getEvents().get(last.getEvents().size() - 1) instanceof BackendEnd) {
        continue;
      }
      BackendEnd killed = new BackendEnd();
      killed.setDeltaNs(1_000L);
      killed.setExitCode(0);
      killed.setSignal(9);
      RawEventBatch end = BatchCuts.copy(last);
      end.setFirstSequence(last.getLastSequence() + 1);
      end.setLastSequence(end.getFirstSequence());
      end.setLostBefore(0L);
      end.setBaseNs(last.getBaseNs() + last.getEvents().stream().mapToLong(BatchCuts::delta).sum());
      end.setEvents(new ArrayList<>(List.of(killed)));
      all.add(end);
    }
  }

  private static void clock(List<RawEventBatch> all, int place, long byNs) {
    for (int i = place; i < all.size(); i++) {
      RawEventBatch batch = BatchCuts.copy(all.get(i));
      ClockAnchor clock = new ClockAnchor();
      clock.setMonotonicNs(batch.getClock().getMonotonicNs());
      clock.setUtcNs(batch.getClock().getUtcNs() + byNs);
      batch.setClock(clock);
      all.set(i, batch);
    }
  }
}
