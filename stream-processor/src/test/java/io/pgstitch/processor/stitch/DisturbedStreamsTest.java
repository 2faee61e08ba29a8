package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.ClockAnchor;
import io.pgstitch.schema.RawEventBatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Slices of recorded streams, cut into small batches and disturbed at random: lost, doubled, late,
 * torn batches, restarts, second collectors, clocks that jump. A case follows from its number; one
 * that fails is said with the fewest disturbances that still make it fail. {@code
 * -Dpgstitch.case=N} runs one case alone.
 */
class DisturbedStreamsTest {
  static final int CASES = 10_500;

  /** Sessions with more events are left to {@link RecordedStreamsTest}. */
  private static final int MOST_EVENTS = 400;

  private static final int FEWEST_SESSIONS = 6;

  private final Map<String, Recorded> recorded = new HashMap<>();
  private final Map<Disturbance.Kind, Integer> kinds = new TreeMap<>();
  private int equal;
  private int marked;

  /** Sessions of a file, with what they are undisturbed. */
  private record Recorded(
      List<List<RawEventBatch>> sessions, Map<String, ReferenceSession> references) {}

  /** A case: what comes, and what disturbs it. */
  private record Case(
      String file,
      List<RawEventBatch> batches,
      Map<String, ReferenceSession> references,
      List<Disturbance> disturbances) {

    DisturbedStream run(List<Disturbance> some) {
      DisturbedStream stream = new DisturbedStream(batches, some, references);
      stream.check();
      return stream;
    }

    /** The message of the failure with these disturbances, null when they do no harm. */
    String failure(List<Disturbance> some) {
      try {
        run(some);
        return null;
      } catch (AssertionError | RuntimeException e) {
        return e + "\n  at " + e.getStackTrace()[0] + ", " + e.getStackTrace()[1];
      }
    }
  }

  @Test
  void whatDiffersIsMarkedAndWhatIsNotMarkedIsTheSame() {
    Integer only = Integer.getInteger("pgstitch.case");
    if (only == null) {
      run(0, Integer.getInteger("pgstitch.cases", CASES));
      assertThat(kinds).hasSameSizeAs(Disturbance.Kind.values());
      assertThat(equal).as("traces that are the same").isGreaterThan(marked);
      assertThat(marked).as("traces that are marked").isGreaterThan(CASES / 10);
    } else {
      run(only, only + 1);
    }
  }

  /** Runs the cases from one number to before another; fails with those that fail. */
  void run(int from, int to) {
    List<String> failures = new ArrayList<>();
    for (int number = from; number < to && failures.size() < 10; number++) {
      Case one = make(number);
      try {
        DisturbedStream stream = one.run(one.disturbances());
        equal += stream.equal;
        marked += stream.marked;
      } catch (AssertionError | RuntimeException e) {
        failures.add(explained(number, one));
      }
    }
    System.out.println(
        (to - from) + " cases: " + equal + " traces the same, " + marked + " marked; " + kinds);
    assertThat(failures).isEmpty();
  }

  private Case make(int number) {
    Random random = new Random(number * 0x9E3779B97F4A7C15L);
    List<String> names = RecordedStreams.names();
    String file = names.get(number % names.size());
    Recorded from = recorded.computeIfAbsent(file, DisturbedStreamsTest::read);
    List<List<RawEventBatch>> sessions = new ArrayList<>();
    Map<String, ReferenceSession> references = new HashMap<>();
    int most = 1 + random.nextInt(12);
    int wanted = 1 + random.nextInt(3);
    for (int i = 0; i < wanted; i++) {
      List<RawEventBatch> session = from.sessions().get(random.nextInt(from.sessions().size()));
      String id = RecordedStreams.session(session.get(0));
      if (!references.containsKey(id)) {
        references.put(id, from.references().get(id));
        List<RawEventBatch> pieces = new ArrayList<>();
        session.forEach(batch -> pieces.addAll(BatchCuts.pieces(batch, random, most)));
        sessions.add(pieces);
      }
    }
    List<Disturbance> disturbances = new ArrayList<>();
    for (int i = random.nextInt(4); i >= 0; i--) {
      Disturbance disturbance = Disturbance.any(random);
      kinds.merge(disturbance.kind(), 1, Integer::sum);
      disturbances.add(disturbance);
    }
    return new Case(file, interleaved(sessions, random), references, disturbances);
  }

  private static Recorded read(String file) {
    List<List<RawEventBatch>> sessions = new ArrayList<>();
    Map<String, ReferenceSession> references = new HashMap<>();
    List<List<RawEventBatch>> all =
        new ArrayList<>(RecordedStreams.sessions(RecordedStreams.read(file)).values());
    all.sort(Comparator.comparingInt(DisturbedStreamsTest::events));
    for (List<RawEventBatch> batches : all) {
      if (sessions.size() < FEWEST_SESSIONS || events(batches) <= MOST_EVENTS) {
        oneClock(batches);
        sessions.add(batches);
        references.put(RecordedStreams.session(batches.get(0)), new ReferenceSession(batches));
      }
    }
    return new Recorded(sessions, references);
  }

  private static int events(List<RawEventBatch> batches) {
    return batches.stream().mapToInt(batch -> batch.getEvents().size()).sum();
  }

  /** Two readings of the two clocks differ by nanoseconds, which would show after a restart. */
  private static void oneClock(List<RawEventBatch> batches) {
    ClockAnchor clock = batches.get(0).getClock();
    batches.forEach(batch -> batch.setClock(clock));
  }

  private static List<RawEventBatch> interleaved(
      List<List<RawEventBatch>> sessions, Random random) {
    List<RawEventBatch> all = new ArrayList<>();
    int[] next = new int[sessions.size()];
    int left = sessions.stream().mapToInt(List::size).sum();
    while (left > 0) {
      int session = random.nextInt(sessions.size());
      if (next[session] < sessions.get(session).size()) {
        all.add(sessions.get(session).get(next[session]++));
        left--;
      }
    }
    return all;
  }

  private static String explained(int number, Case failed) {
    List<Disturbance> needed = new ArrayList<>(failed.disturbances());
    for (int i = needed.size() - 1; i >= 0; i--) {
      List<Disturbance> fewer = new ArrayList<>(needed);
      fewer.remove(i);
      if (failed.failure(fewer) != null) {
        needed = fewer;
      }
    }
    return "case "
        + number
        + " of "
        + failed.file()
        + ", "
        + needed
        + ": "
        + failed.failure(needed);
  }
}
