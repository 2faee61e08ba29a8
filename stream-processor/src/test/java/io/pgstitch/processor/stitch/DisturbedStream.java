package io.pgstitch.processor.stitch;

import io.pgstitch.schema.CloseReason;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.Span;
import io.pgstitch.schema.SpanKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Batches of a host that come with disturbances: stitched as the topology does, and judged by what
 * comes without them. What differs must be marked, and what is not marked must be the same.
 */
final class DisturbedStream {
  private final List<RawEventBatch> arriving;
  private final Map<String, ReferenceSession> references;
  private final boolean clockMoved;

  /** What would have come later never happened then. */
  private final boolean crashed;

  private final Map<String, SessionStitcher> open = new LinkedHashMap<>();
  private final Map<String, Stitched> outputs = new LinkedHashMap<>();
  private final Map<String, List<RawEventBatch>> taken = new HashMap<>();
  private final Set<String> ended = new HashSet<>();
  private final Set<String> attachedLater = new HashSet<>();

  /** How many traces were judged equal. */
  int equal;

  /** How many were marked. */
  int marked;

  DisturbedStream(
      List<RawEventBatch> batches,
      List<Disturbance> disturbances,
      Map<String, ReferenceSession> references) {
    List<RawEventBatch> all = batches;
    boolean moved = false;
    boolean crash = false;
    boolean second = false;
    for (Disturbance disturbance : disturbances) {
      boolean another = disturbance.kind().name().startsWith("SECOND");
      if (another && second) {
        continue;
      }
      second |= another;
      all = disturbance.on(all);
      crash |= disturbance.kind() == Disturbance.Kind.SERVER_CRASH;
      moved |= disturbance.kind().name().startsWith("CLOCK");
    }
    this.arriving = all;
    this.references = references;
    this.clockMoved = moved;
    this.crashed = crash;
  }

  /** Fails with what is wrong. */
  void check() {
    arriving.forEach(this::take);
    open.values().forEach(SessionStitcher::expire);
    outputs.forEach(this::judge);
    references.forEach(this::nothingIsMissing);
  }

  private void take(RawEventBatch batch) {
    String id = RecordedStreams.session(batch);
    if (ended.contains(id)) {
      // The topology remembers, too, which sessions have ended.
      return;
    }
    SessionStitcher stitcher = open.get(id);
    if (stitcher == null) {
      stitcher = stitcher(batch, id);
    }
    if (batch.getBegunBefore() && !taken.containsKey(id)) {
      attachedLater.add(id);
    }
    try {
      stitcher.accept(batch);
      taken.computeIfAbsent(id, i -> new ArrayList<>()).add(batch);
    } catch (IllegalArgumentException | IndexOutOfBoundsException dead) {
      // It goes to the dead letters; the session stays as it was before.
      stitcher = stitcher(batch, id);
      taken.getOrDefault(id, List.of()).forEach(stitcher::accept);
    }
    bounded(stitcher);
    if (stitcher.ended()) {
      open.remove(id);
      ended.add(id);
    }
  }

  private SessionStitcher stitcher(RawEventBatch batch, String id) {
    Stitched output = new Stitched();
    outputs.put(id, output);
    SessionStitcher stitcher =
        new SessionStitcher(batch.getBackend(), StitchLimits.DEFAULT, output.counters, output);
    open.put(id, stitcher);
    return stitcher;
  }

  private static void bounded(SessionStitcher stitcher) {
    var state = stitcher.session().state;
    if (state.getFrames().size() > 1_000
        || state.getSuspended().size() > StitchLimits.DEFAULT.suspended()
        || state.getNested().size() > StitchLimits.DEFAULT.openNested()
        || state.getCursorTexts().size() > StitchLimits.DEFAULT.cursorTexts()) {
      throw new AssertionError("the state grows without bound: " + state);
    }
  }

  private void judge(String id, Stitched output) {
    TraceIdentities.check(output);
    StitchedViews.check(output);
    ReferenceSession reference = references.get(id);
    Set<Integer> unmarked = new HashSet<>();
    long end = output.statements().stream().mapToLong(QueryTrace::getEndUtcNs).max().orElse(0);
    for (QueryTrace trace : output.statements()) {
      ofOneStatement(output, trace, reference);
      if (crashed && trace.getEndUtcNs() == end) {
        // It ended in the crash; undisturbed, another end was before it.
        continue;
      }
      if (isMarked(trace)) {
        marked++;
        continue;
      }
      equal++;
      int number = reference.number(trace.getTraceId());
      boolean mayHaveBegunBefore = attachedLater.contains(id);
      if (number < 0 && mayHaveBegunBefore) {
        continue;
      }
      if (number < 0) {
        throw new AssertionError("not marked, and not there undisturbed: " + brief(trace));
      }
      if (!unmarked.add(number)) {
        throw new AssertionError("twice: " + brief(trace));
      }
      String expected = reference.form(trace.getTraceId());
      String form = ReferenceSession.form(output, trace);
      if (!form.equals(expected) && !(mayHaveBegunBefore && trace == output.statements().get(0))) {
        throw new AssertionError(
            "not marked, and differs:\n" + form + "\nundisturbed:\n" + expected);
      }
      if (!clockMoved
          && reference.statement(number).getTraceId().equals(trace.getTraceId())
          && trace.getStartUtcNs() != reference.statement(number).getStartUtcNs()) {
        throw new AssertionError("not marked, and at another time: " + brief(trace));
      }
    }
  }

  /** Marks that a reader of the trace sees. */
  private static boolean isMarked(QueryTrace trace) {
    return !trace.getComplete()
        || trace.getLostEvents() > 0
        || trace.getBegunBefore()
        || trace.getCloseReason() == CloseReason.COLLECTOR_RESTARTED
        || trace.getCloseReason() == CloseReason.BACKEND_ENDED
        || trace.getCloseReason() == CloseReason.LIMIT;
  }

  /**
   * What comes between the end of a command and whatever tells that the message's next one begins
   * stays with the first, when that was not seen: no more than functions.
   */
  private static boolean beginsTheNext(Span span) {
    return span.getKind() == SpanKind.FUNCTION && span.getText() == null;
  }

  private void ofOneStatement(Stitched output, QueryTrace trace, ReferenceSession reference) {
    int owner = reference.number(trace.getTraceId());
    if (!clockMoved) {
      for (Span span : output.spans(trace)) {
        int other = reference.owner(span);
        if (owner >= 0
            && other == owner + 1
            && beginsTheNext(span)
            && (crashed || isMarked(trace))) {
          continue;
        }
        if (owner >= 0 && other >= 0 && other != owner) {
          throw new AssertionError(
              ("combines " + brief(reference.statement(owner)))
                  + ("\n  and " + brief(reference.statement(other)))
                  + ("\n  by " + span.getKind() + " " + span.getName() + " " + span.getText())
                  + ("\n  in " + brief(trace)));
        }
        owner = Math.max(owner, other);
      }
    }
    if (owner < 0) {
      return;
    }
    QueryTrace whole = reference.statement(owner);
    boolean right =
        (trace.getParentTraceId().isEmpty()
                || trace.getParentTraceId().equals(whole.getParentTraceId()))
            && (trace.getSqlstate() == null || trace.getSqlstate().equals(whole.getSqlstate()))
            && (trace.getCommandTag().isEmpty()
                || trace.getCommandTag().equals(whole.getCommandTag())
                || isMarked(trace))
            && (trace.getRows() < 0 || trace.getRows() == whole.getRows() || isMarked(trace));
    if (!right) {
      throw new AssertionError(
          "says of " + brief(whole) + "\n  what is another's: " + brief(trace));
    }
  }

  /** A statement that is not there, or not whole, has a mark in its session. */
  private void nothingIsMissing(String id, ReferenceSession reference) {
    Set<Integer> whole = new HashSet<>();
    // A collector that was not there yet has nothing to say.
    boolean says = attachedLater.contains(id);
    Stitched output = outputs.get(id);
    if (output == null) {
      return;
    }
    for (QueryTrace trace : output.statements()) {
      if (isMarked(trace)) {
        says = true;
      } else {
        whole.add(reference.number(trace.getTraceId()));
      }
    }
    for (Object record : output.records) {
      says |= record instanceof Note note && note.getName().equals("INCOMPLETE");
      says |= crashed && record instanceof Note note && note.getName().equals("BACKEND END");
    }
    for (int number = 0; number < reference.size(); number++) {
      if (!says && !whole.contains(number)) {
        throw new AssertionError(
            "missing, and nothing says so: " + brief(reference.statement(number)) + " of " + id);
      }
    }
  }

  private static String brief(QueryTrace trace) {
    return ("'" + trace.getText() + "' " + trace.getCommandTag() + " " + trace.getCloseReason())
        + (" rows=" + trace.getRows() + " error=" + trace.getSqlstate())
        + (trace.getComplete() ? "" : " incomplete")
        + (trace.getLostEvents() > 0 ? " lost=" + trace.getLostEvents() : "")
        + (trace.getBegunBefore() ? " begun before" : "")
        + (" " + trace.getStartUtcNs() + ".." + trace.getEndUtcNs());
  }
}
