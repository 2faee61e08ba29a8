package io.pgstitch.processor.topology;

import io.pgstitch.processor.stitch.JoinedRecords;
import io.pgstitch.processor.stitch.TraceSampler;
import io.pgstitch.processor.stitch.TraceSampler.Decision;
import io.pgstitch.processor.stitch.WaitedFor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.SamplingRule;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/**
 * What one batch finished of one session, in order, until its state is saved; then what sampling
 * keeps of it is passed on.
 */
final class FinishedOutputs {
  private final TraceSampler sampler;
  private final HeldBack heldBack;
  private final boolean forReplay;
  private final List<Output> outputs = new ArrayList<>();
  private int unsettled;

  /** The last records among them, to which more can be added; null for none. */
  private JoinedRecords records;

  /** Where those stand. */
  private Output recordsOutput;

  /** Of what was held back before; null when nothing was said of that. */
  private WaitedFor before;

  /** Takes what is passed on. */
  interface Receiver {
    void accept(String sink, SpecificRecord value, long endUtcNs);
  }

  private static final class Output {
    private final String sink;
    private final SpecificRecord value;
    private final boolean requested;
    private long endUtcNs;
    private WaitedFor waitedFor;

    private Output(
        String sink, SpecificRecord value, long endUtcNs, boolean requested, WaitedFor waitedFor) {
      this.sink = sink;
      this.value = value;
      this.endUtcNs = endUtcNs;
      this.requested = requested;
      this.waitedFor = waitedFor;
    }
  }

  /**
   * With nothing.
   *
   * @param forReplay whether what is passed on is chosen from: traces that sampling leaves out are
   *     passed on, marked as that, and records of each trace by themselves
   */
  FinishedOutputs(TraceSampler sampler, HeldBack heldBack, boolean forReplay) {
    this.sampler = sampler;
    this.heldBack = heldBack;
    this.forReplay = forReplay;
  }

  /**
   * A trace or a part of one.
   *
   * @param requested whether its session is traced by request
   * @param waitedFor whether others are known to have waited for a lock of its session
   */
  void trace(QueryTrace trace, boolean requested, boolean waitedFor) {
    outputs.add(
        new Output(
            StitchTopology.TRACES_SINK,
            trace,
            trace.getEndUtcNs(),
            requested,
            waitedFor ? WaitedFor.YES : null));
  }

  /** Records of the session's trace file; those that follow each other travel together. */
  void records(TraceRecords more, long endUtcNs) {
    if (!forReplay && records != null && records.add(more)) {
      recordsOutput.endUtcNs = endUtcNs;
      return;
    }
    records = new JoinedRecords(more);
    recordsOutput = new Output(StitchTopology.RECORDS_SINK, more, endUtcNs, false, WaitedFor.NO);
    outputs.add(recordsOutput);
  }

  /** Whether others waited because of the traces so far is known. */
  void settled(WaitedFor waitedFor) {
    before = before == null ? waitedFor : before;
    for (; unsettled < outputs.size(); unsettled++) {
      Output output = outputs.get(unsettled);
      output.waitedFor = output.waitedFor == null ? waitedFor : output.waitedFor;
    }
  }

  /**
   * Passes on what there is, and forgets it.
   *
   * @param id of the session
   * @param rule by which its traces are sampled, null for none
   */
  void passOn(String id, SamplingRule rule, Receiver receiver) {
    List<QueryTrace> held = before == null ? List.of() : heldBack.take(id);
    held.forEach(trace -> pass(trace, sampler.settle(trace, before), receiver));
    for (Output output : outputs) {
      if (!(output.value instanceof QueryTrace trace)) {
        receiver.accept(output.sink, output.value, output.endUtcNs);
        continue;
      }
      Decision decision = sampler.decide(trace, rule, output.requested, output.waitedFor);
      if (decision == Decision.OPEN) {
        heldBack.add(id, trace);
      } else {
        pass(trace, decision, receiver);
      }
    }
    clear();
  }

  private void pass(QueryTrace trace, Decision decision, Receiver receiver) {
    if (decision == Decision.KEPT || forReplay) {
      receiver.accept(StitchTopology.TRACES_SINK, trace, trace.getEndUtcNs());
    }
  }

  /** Forgets what there is. */
  void clear() {
    outputs.clear();
    records = null;
    recordsOutput = null;
    unsettled = 0;
    before = null;
  }
}
