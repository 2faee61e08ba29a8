package io.pgstitch.testkit.trace;

import io.pgstitch.testkit.trace.TraceRecord.Call;
import io.pgstitch.testkit.trace.TraceRecord.Wait;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Who called whom, found from the order of the records (a call is written when it ends, after what
 * it called), and the arithmetic that must hold for each call.
 */
final class CallTree {
  /** Start and end are cut to microseconds, each on its own. */
  private static final long ROUNDING_US = 2;

  private static final long CPU_TOLERANCE_US = 25;
  private static final long TOLERANCE_US = 100;
  private static final double TOLERANCE_SHARE = 0.005;

  private final List<TraceViolation> violations;
  private final List<Long> unaccounted = new ArrayList<>();

  /** By depth: calls that ended and whose caller has not. */
  private final List<List<Call>> orphans = new ArrayList<>();

  private final List<Wait> freeWaits = new ArrayList<>();
  private long previousEnd = Long.MIN_VALUE;
  private long topLevelElapsed;
  private long waitsBetween;

  CallTree(List<TraceViolation> violations) {
    this.violations = violations;
  }

  void add(Wait wait) {
    freeWaits.add(wait);
  }

  void add(Call call) {
    int depth = (int) Math.min(call.dep(), 1_000);
    List<Call> called = take(depth + 1);
    for (int deeper = depth + 2; deeper < orphans.size(); deeper++) {
      for (Call stray : take(deeper)) {
        complain(
            stray.line(),
            TraceRule.DEPTH,
            "dep=" + stray.dep() + " is called from dep=" + call.dep() + " in line " + call.line());
      }
    }
    checkNesting(call, called, depth);
    List<Wait> own = takeWaitsInside(call);
    checkSums(call, called, own);
    at(depth).add(call);
    if (depth == 0) {
      endTopLevel(call);
    }
  }

  /** Call after the last record. */
  void end() {
    for (int depth = 1; depth < orphans.size(); depth++) {
      for (Call orphan : take(depth)) {
        complain(
            orphan.line(),
            TraceRule.DEPTH,
            orphan.kind() + " at dep=" + orphan.dep() + " has no caller");
      }
    }
    freeWaits.forEach(wait -> waitsBetween += wait.ela());
    freeWaits.clear();
  }

  /** Per call: elapsed time that neither CPU, waits nor recursive calls explain, microseconds. */
  List<Long> unaccounted() {
    return unaccounted;
  }

  /** Elapsed time of all calls at depth 0 and of the waits between them, microseconds. */
  long explained() {
    return topLevelElapsed + waitsBetween;
  }

  private void checkNesting(Call call, List<Call> called, int depth) {
    for (Call child : called) {
      if (child.start() < call.start() - ROUNDING_US) {
        complain(
            child.line(),
            TraceRule.NESTING,
            "begins "
                + (call.start() - child.start())
                + " us before its caller in line "
                + call.line());
      }
    }
    List<Call> siblings = at(depth);
    long before =
        depth == 0
            ? previousEnd
            : siblings.isEmpty() ? Long.MIN_VALUE : siblings.get(siblings.size() - 1).tim();
    if (call.start() + ROUNDING_US < before) {
      complain(
          call.line(),
          TraceRule.NESTING,
          "begins " + (before - call.start()) + " us before the call before it ended");
    }
  }

  private List<Wait> takeWaitsInside(Call call) {
    List<Wait> own = new ArrayList<>();
    for (Iterator<Wait> waits = freeWaits.iterator(); waits.hasNext(); ) {
      Wait wait = waits.next();
      if (wait.start() >= call.start() - ROUNDING_US && wait.tim() > call.start()) {
        own.add(wait);
        waits.remove();
      } else if (wait.tim() > call.start() + ROUNDING_US) {
        complain(
            wait.line(),
            TraceRule.NESTING,
            "the wait begins before and ends inside the call in line " + call.line());
      }
    }
    return own;
  }

  private void checkSums(Call call, List<Call> called, List<Wait> own) {
    long calledElapsed = sum(called, Call::e);
    long calledCpu = sum(called, Call::c);
    long waits = own.stream().mapToLong(Wait::ela).sum();
    long left = call.e() - (call.c() - calledCpu) - waits - calledElapsed;
    unaccounted.add(left);
    if (left < -TOLERANCE_US - call.e() * TOLERANCE_SHARE) {
      complain(
          call.line(),
          TraceRule.PARTS_EXCEED_ELAPSED,
          ("e=" + call.e() + " is " + -left + " us less than own cpu " + (call.c() - calledCpu))
              + (" + own waits " + waits + " + called " + calledElapsed));
    }
    if (call.c() > call.e() + CPU_TOLERANCE_US) {
      complain(call.line(), TraceRule.CPU_EXCEEDS_ELAPSED, "c=" + call.c() + " e=" + call.e());
    }
    if (!call.isClose()) {
      checkIncludes(call, called, "p", Call::p);
      checkIncludes(call, called, "cr", Call::cr);
      checkIncludes(call, called, "cu", Call::cu);
    }
  }

  private void checkIncludes(
      Call call, List<Call> called, String name, ToLongFunction<Call> count) {
    long ofCalled = sum(called, count);
    if (count.applyAsLong(call) < ofCalled) {
      complain(
          call.line(),
          TraceRule.COUNTS_INCLUDE_CALLED,
          name + "=" + count.applyAsLong(call) + ", but the calls it made have " + ofCalled);
    }
  }

  private void endTopLevel(Call call) {
    take(0);
    previousEnd = call.tim();
    topLevelElapsed += call.e();
    freeWaits.forEach(wait -> waitsBetween += wait.ela());
    freeWaits.clear();
  }

  private List<Call> at(int depth) {
    while (orphans.size() <= depth) {
      orphans.add(new ArrayList<>());
    }
    return orphans.get(depth);
  }

  private List<Call> take(int depth) {
    List<Call> calls = at(depth);
    orphans.set(depth, new ArrayList<>());
    return calls;
  }

  private static long sum(List<Call> calls, ToLongFunction<Call> value) {
    return calls.stream().mapToLong(value).sum();
  }

  private void complain(int line, TraceRule rule, String message) {
    violations.add(new TraceViolation(line, rule, message));
  }
}
