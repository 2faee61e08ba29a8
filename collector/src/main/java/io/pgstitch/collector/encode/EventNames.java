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
  private final Map<Integer, byte[]> waitNames = new HashMap<>();
  private final Map<Integer, byte[]> waitClasses = new HashMap<>();
  private final Map<Integer, byte[]> tags = new HashMap<>();

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

  byte[] waitName(int event) {
    return waitNames.computeIfAbsent(event, e -> utf8(facts.waitEventName(e)));
  }

  /** Whether an extension registered it, so that only the server knows its name. */
  boolean isRegisteredWait(int event) {
    return facts.isRegisteredWait(event);
  }

  byte[] waitClass(int event) {
    return waitClasses.computeIfAbsent(event, e -> utf8(facts.waitEventClass(e)));
  }

  /** Type of a lock's tag: the waits of class Lock are numbered and named by it. */
  String lockType(int type) {
    return facts.waitEventName(LOCK_CLASS | type);
  }

  byte[] commandTag(int tag) {
    // Better none than one that no client knows.
    return tags.computeIfAbsent(tag, t -> utf8(facts.isKnown() ? facts.commandTag(t) : ""));
  }

  /**
   * Number in Avro of the contract's ActivityState. Of a major without facts no state's number is
   * known, but only the running state comes with a text.
   */
  int activityState(int state, boolean hasText) {
    if (!facts.isKnown()) {
      ActivityState guessed = hasText ? ActivityState.RUNNING : ActivityState.IDLE;
      return ActivityState.SCHEMA$.getEnumOrdinal(guessed.name());
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
    return ActivityState.SCHEMA$.getEnumOrdinal(named.name());
  }

  /** Whether that state runs a message. */
  static boolean isRunning(int state) {
    return state == ActivityState.SCHEMA$.getEnumOrdinal(ActivityState.RUNNING.name())
        || state == ActivityState.SCHEMA$.getEnumOrdinal(ActivityState.FASTPATH.name());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
