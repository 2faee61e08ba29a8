package io.pgstitch.collector.encode;

import io.pgstitch.bpf.PlanNodeEvent;
import io.pgstitch.collector.bind.BindReader;
import io.pgstitch.collector.postgres.PlanFacts;
import io.pgstitch.collector.postgres.PostgresFacts;
import io.pgstitch.collector.postgres.ServerEncoding;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.PlanNode;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Names of functions, wait events and command tags of one major version, as bytes made once, and
 * what reads its bind values.
 */
public final class EventNames {
  private static final int LOCK_CLASS = 0x03000000;
  private static final int RUNNING = ordinal(ActivityState.RUNNING);
  private static final int FASTPATH = ordinal(ActivityState.FASTPATH);
  private static final Set<String> ANALYZE =
      Set.of("parse_analyze", "parse_analyze_fixedparams", "parse_analyze_varparams");

  private final byte[][] functions;
  private final List<Probe> probes;
  private final int portalRun;
  private final int parse;
  private final int planner;
  private final PostgresFacts facts;
  private final Map<Optional<Charset>, BindReader> binds = new HashMap<>();
  private final PlanDecoder plans;
  private final ByNumber<WaitName> waits = new ByNumber<>();
  private final ByNumber<byte[]> tags = new ByNumber<>();

  /**
   * @param catalogue whose indexes the kernel reports
   * @param facts of the server's major version
   */
  public EventNames(ProbeCatalogue catalogue, PostgresFacts facts) {
    this.probes = catalogue.probes();
    this.functions = new byte[probes.size()][];
    for (int i = 0; i < functions.length; i++) {
      functions[i] = probes.get(i).symbol().getBytes(StandardCharsets.US_ASCII);
    }
    this.portalRun = indexOf(probes, "PortalRun");
    this.parse = indexOf(probes, "pg_parse_query");
    this.planner = indexOf(probes, "standard_planner");
    this.facts = facts;
    this.plans = new PlanDecoder(PlanFacts.ofAny(facts.major(), facts.source()));
  }

  /** Reads the bind values of this major; it must be one that there are facts of. */
  BindReader binds(ServerEncoding encoding) {
    return binds.computeIfAbsent(
        encoding.charset(), charset -> new BindReader(facts.major(), charset));
  }

  private static int indexOf(List<Probe> probes, String symbol) {
    return probes.stream().map(Probe::symbol).toList().indexOf(symbol);
  }

  byte[] function(int index) {
    return functions[index];
  }

  boolean isPortalRun(int function) {
    return function == portalRun;
  }

  boolean isParse(int function) {
    return function == parse;
  }

  /** Whether it analyses a text for its caller, which parses one. */
  boolean isAnalyze(int function) {
    return ANALYZE.contains(probes.get(function).symbol());
  }

  boolean isPlanner(int function) {
    return function == planner;
  }

  /** The nodes of one plan. */
  List<PlanNode> planNodes(List<PlanNodeEvent> nodes, SourceTexts texts) {
    return plans.decode(nodes, texts);
  }

  /**
   * Names of a wait event.
   *
   * @param registered whether an extension registered it, so that only the server knows its name
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record WaitName(byte[] eventClass, byte[] name, boolean registered) {}

  WaitName wait(int event) {
    WaitName known = waits.get(event);
    if (known == null) {
      known =
          new WaitName(
              utf8(facts.waitEventClass(event)),
              utf8(facts.waitEventName(event)),
              facts.isRegisteredWait(event));
      waits.put(event, known);
    }
    return known;
  }

  /** Type of a lock's tag: the waits of class Lock are numbered and named by it. */
  String lockType(int type) {
    return facts.waitEventName(LOCK_CLASS | type);
  }

  byte[] commandTag(int tag) {
    byte[] known = tags.get(tag);
    if (known == null) {
      // Better none than one that no client knows.
      known = utf8(facts.isKnown() ? facts.commandTag(tag) : "");
      tags.put(tag, known);
    }
    return known;
  }

  /**
   * Number in Avro of the contract's ActivityState. Of a major without facts no state's number is
   * known, but only the running state comes with a text.
   */
  int activityState(int state, boolean hasText) {
    if (!facts.isKnown()) {
      return hasText ? RUNNING : ordinal(ActivityState.IDLE);
    }
    ActivityState named =
        switch (facts.activityState(state)) {
          case IDLE -> ActivityState.IDLE;
          case RUNNING -> ActivityState.RUNNING;
          case IDLE_IN_TRANSACTION -> ActivityState.IDLE_IN_TRANSACTION;
          case FASTPATH -> ActivityState.FASTPATH;
          case IDLE_IN_ABORTED -> ActivityState.IDLE_IN_ABORTED_TRANSACTION;
          case DISABLED -> ActivityState.DISABLED;
          case STARTING -> ActivityState.STARTING;
          case UNDEFINED -> ActivityState.UNKNOWN;
        };
    return ordinal(named);
  }

  /** Whether that state runs a message. */
  static boolean isRunning(int state) {
    return state == RUNNING || state == FASTPATH;
  }

  private static int ordinal(ActivityState state) {
    return ActivityState.SCHEMA$.getEnumOrdinal(state.name());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
