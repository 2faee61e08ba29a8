package io.pgstitch.processor.stitch;

import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.Bind;
import io.pgstitch.schema.BindForm;
import io.pgstitch.schema.BindsBound;
import io.pgstitch.schema.BufferDelta;
import io.pgstitch.schema.BufferUsage;
import io.pgstitch.schema.ClockAnchor;
import io.pgstitch.schema.CommandEnd;
import io.pgstitch.schema.ErrorReported;
import io.pgstitch.schema.ErrorThrown;
import io.pgstitch.schema.FunctionEntry;
import io.pgstitch.schema.FunctionExit;
import io.pgstitch.schema.LockHolder;
import io.pgstitch.schema.PlanCaptured;
import io.pgstitch.schema.PlanNode;
import io.pgstitch.schema.PortalDefined;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SettingChanged;
import io.pgstitch.schema.StatementEntry;
import io.pgstitch.schema.TransactionEnd;
import io.pgstitch.schema.Wait;
import io.pgstitch.schema.WalUsage;
import io.pgstitch.schema.WorkerLaunched;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/**
 * What a backend does, as a collector would report it. Every event comes 1,000 ns after the one
 * before it, of which 600 ns were on CPU, unless {@link #after} says otherwise.
 */
public final class BackendScript {
  public static final long START = 5_000_000_000L;
  public static final long UTC_OFFSET = 1_767_225_600_000_000_000L;

  private static final long STACK_BASE = 0x7ffd_0000_0000L;
  private static final int STACK_STEP = 160;
  private static final String RUN = "standard_ExecutorRun";
  private static final String UTILITY = "standard_ProcessUtility";

  private final Backend backend = new Backend();
  private final List<Timed> events = new ArrayList<>();
  private final List<String> open = new ArrayList<>();
  private long time = START;
  private long step = 1_000;
  private long epoch = 1;
  private boolean begunBefore;
  private long nextObject = 0x5000;
  private int level = 8;
  private int portalLocation = -1;
  private int portalLength;
  private final Map<Long, Described> described = new HashMap<>();

  /** Makes the event, given what a batch knows: delta and index of a string. */
  private interface Maker {
    Object make(long delta, long cpu, Map<String, Integer> strings);
  }

  /** At which level an event comes. */
  private enum Seen {
    ALWAYS,
    /** With waits. */
    WITH_WAITS,
    /** With the detailed probes alone. */
    IN_DETAIL,
    /** With the probes of phases alone, which are detailed ones. */
    PHASE,
    /** ExecutorStart: in detail alone, and says that the Run of its object needs no description. */
    START,
    /** ExecutorRun: describes its statement unless its start was seen. */
    RUN
  }

  private record Timed(long time, long cpu, Maker maker, Seen seen, Executor executor, int level) {}

  /** What an executor runs, and its entry at level 1. */
  private record Executor(long object, Maker lean) {}

  private record Described(String text, int command, int location, int length) {}

  public BackendScript() {
    backend.setCluster("default");
    backend.setHost("db1");
    backend.setBootId("boot");
    backend.setPid(4711);
    backend.setStartNs(1_000_000_000L);
    backend.setKind(BackendKind.CLIENT);
    backend.setDatabase("postgres");
    backend.setUser("app");
    backend.setApplicationName("");
    backend.setClientAddress("[local]");
    backend.setDataDirectory("/data");
    backend.setBackendType("client backend");
    backend.setWorkerNumber(-1);
  }

  public Backend backend() {
    return backend;
  }

  public BackendScript begunBefore() {
    begunBefore = true;
    return this;
  }

  public BackendScript epoch(long epochNs) {
    epoch = epochNs;
    return this;
  }

  /** The next event comes so long after {@link #START}, nanoseconds. */
  public BackendScript later(long ns) {
    time = START + ns;
    return this;
  }

  /** Time from the last event to the next, nanoseconds. */
  public BackendScript after(long ns) {
    step = ns;
    return this;
  }

  public long now() {
    return time;
  }

  public int depth() {
    return open.size();
  }

  public long newObject() {
    nextObject += 0x40;
    return nextObject;
  }

  private int stack() {
    return 1_000 + STACK_STEP * open.size();
  }

  private BackendScript add(Maker maker) {
    return add(step * 6 / 10, maker, Seen.ALWAYS, null);
  }

  private BackendScript add(Seen seen, Maker maker) {
    return add(step * 6 / 10, maker, seen, null);
  }

  private BackendScript add(long cpu, Maker maker, Seen seen, Executor executor) {
    time += step;
    events.add(new Timed(time, cpu, maker, seen, executor, level));
    step = 1_000;
    return this;
  }

  /** Level of the batches of the events that follow. */
  public BackendScript level(int inForce) {
    level = inForce;
    return this;
  }

  private static int string(Map<String, Integer> strings, String value) {
    return strings.computeIfAbsent(value, v -> strings.size());
  }

  public BackendScript activity(ActivityState state, String text) {
    return activity(state, text, false);
  }

  private BackendScript activity(ActivityState state, String text, boolean hadXid) {
    open.clear();
    return add(
        (delta, cpu, strings) -> {
          Activity e = new Activity();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(900);
          e.setState(state);
          e.setText(string(strings, text));
          e.setHadXid(hadXid);
          return e;
        });
  }

  /** A message whose literals were masked. */
  public BackendScript runningMasked(String text, long identity) {
    open.clear();
    return add(
        (delta, cpu, strings) -> {
          Activity e = new Activity();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(900);
          e.setState(ActivityState.RUNNING);
          e.setText(string(strings, text));
          e.setTextIdentity(identity);
          return e;
        });
  }

  /** Idle after a transaction that wrote. */
  public BackendScript idleAfterWrite() {
    return activity(ActivityState.IDLE, "", true);
  }

  public BackendScript running(String text) {
    return activity(ActivityState.RUNNING, text);
  }

  public BackendScript idle() {
    return activity(ActivityState.IDLE, "");
  }

  public BackendScript idleInTransaction() {
    return activity(ActivityState.IDLE_IN_TRANSACTION, "");
  }

  public BackendScript enter(String function) {
    return enter(function, 0);
  }

  public BackendScript enter(String function, long object) {
    int stack = stack();
    open.add(function);
    boolean run = function.equals(RUN);
    Described of = described.getOrDefault(object, new Described("", 0, -1, 0));
    Maker lean = statementEntry(function, stack, object, of);
    return add(
        step * 6 / 10,
        (delta, cpu, strings) -> {
          FunctionEntry e = new FunctionEntry();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(stack);
          e.setFunction(string(strings, function));
          e.setObject(object);
          return e;
        },
        run ? Seen.RUN : detail(function),
        run ? new Executor(object, lean) : null);
  }

  /** A parallel worker was registered, which took 300 ns. */
  public BackendScript workerLaunched(long object, long context, int number) {
    int stack = stack();
    return add(
        (delta, cpu, strings) -> {
          WorkerLaunched e = new WorkerLaunched();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(stack);
          e.setDurationNs(300);
          e.setObject(object);
          e.setContext(context);
          e.setNumber(number);
          return e;
        });
  }

  public BackendScript workersDestroyed(long object) {
    int stack = stack();
    return add(
        (delta, cpu, strings) -> {
          FunctionEntry e = new FunctionEntry();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(stack);
          e.setFunction(string(strings, "DestroyParallelContext"));
          e.setObject(object);
          return e;
        });
  }

  /** A process that a leader launched for its context, and that begins at a time. */
  public static BackendScript worker(BackendScript leader, int pid, long context, int number) {
    BackendScript worker = new BackendScript();
    worker.backend.setPid(pid);
    worker.backend.setLeaderPid(leader.backend.getPid());
    worker.backend.setKind(BackendKind.PARALLEL_WORKER);
    worker.backend.setWorkerContext(context);
    worker.backend.setWorkerNumber(number);
    worker.time = leader.time;
    worker.level = leader.level;
    return worker;
  }

  /** standard_ExecutorRun as it comes when its start was not seen. */
  public BackendScript leanRun(long object, String text, int command, int location, int length) {
    int stack = stack();
    open.add(RUN);
    return add(statementEntry(RUN, stack, object, new Described(text, command, location, length)));
  }

  /** standard_planner is entered; it says what it plans. */
  public BackendScript planning(String text, int command, int location, int length) {
    String function = "standard_planner";
    int stack = stack();
    open.add(function);
    return add(
        Seen.PHASE,
        statementEntry(function, stack, 0, new Described(text, command, location, length)));
  }

  private static Maker statementEntry(String function, int stack, long object, Described of) {
    return (delta, cpu, strings) -> {
      StatementEntry e = new StatementEntry();
      e.setDeltaNs(delta);
      e.setCpuDeltaNs(cpu);
      e.setStack(stack);
      e.setFunction(string(strings, function));
      e.setObject(object);
      e.setText(string(strings, of.text()));
      e.setQueryId(77);
      e.setCommand(of.command());
      e.setLocation(of.location());
      e.setLength(of.length());
      return e;
    };
  }

  public BackendScript exit() {
    return exit(-1);
  }

  public BackendScript exit(long rows) {
    String function = open.remove(open.size() - 1);
    return exitOf(function, rows);
  }

  /** Leaves the innermost call; the return itself was not seen. */
  public BackendScript exitLate(long rows) {
    return exitOf(open.remove(open.size() - 1), rows, true);
  }

  /** An exit whose entry was not seen. */
  public BackendScript exitOf(String function, long rows) {
    return exitOf(function, rows, false);
  }

  private BackendScript exitOf(String function, long rows, boolean late) {
    int stack = stack();
    boolean always = function.equals(RUN) || function.equals(UTILITY);
    return add(
        always ? Seen.ALWAYS : detail(function),
        (delta, cpu, strings) -> {
          FunctionExit e = new FunctionExit();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(stack);
          e.setFunction(string(strings, function));
          e.setRows(rows);
          e.setLate(late);
          return e;
        });
  }

  /** Calls are left by longjmp until so many are open. */
  public BackendScript longjmp(int depth) {
    while (open.size() > depth) {
      open.remove(open.size() - 1);
    }
    return this;
  }

  public BackendScript call(String function) {
    return enter(function).exit();
  }

  /** standard_ExecutorStart or, without a query descriptor, standard_ProcessUtility. */
  public BackendScript statement(long object, String text, int command, int location, int length) {
    String function = object == 0 ? UTILITY : "standard_ExecutorStart";
    int stack = stack();
    open.add(function);
    Described of = new Described(text, command, location, length);
    // Its own place is the portal's.
    boolean own = text.isEmpty() && location < 0;
    Described leanOf = own ? new Described(text, command, portalLocation, portalLength) : of;
    if (object != 0) {
      described.put(object, leanOf);
    }
    Executor executor = new Executor(object, statementEntry(function, stack, object, leanOf));
    Maker maker = statementEntry(function, stack, object, of);
    return add(step * 6 / 10, maker, object == 0 ? Seen.ALWAYS : Seen.START, executor);
  }

  public BackendScript portal(long portal, String tag) {
    return portal(portal, tag, "", -1, 0);
  }

  public BackendScript portal(
      long portal, String tag, String statementName, int location, int length) {
    int stack = stack();
    portalLocation = location;
    portalLength = length;
    return add(
        Seen.IN_DETAIL,
        (delta, cpu, strings) -> {
          PortalDefined e = new PortalDefined();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(stack);
          e.setPortal(portal);
          e.setStatementName(string(strings, statementName));
          e.setCommandTag(string(strings, tag));
          e.setQueryId(99);
          e.setLocation(location);
          e.setLength(length);
          return e;
        });
  }

  public BackendScript commandEnd(String tag, long rows) {
    int stack = stack();
    return add(
        (delta, cpu, strings) -> {
          CommandEnd e = new CommandEnd();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(stack);
          e.setCommandTag(string(strings, tag));
          e.setRows(rows);
          return e;
        });
  }

  /** Blocks hit before the next event. */
  public BackendScript hits(long blocks) {
    events.add(
        new Timed(
            -1,
            0,
            (delta, cpu, strings) -> {
              BufferUsage usage = new BufferUsage();
              usage.setSharedHit(blocks);
              BufferDelta e = new BufferDelta();
              e.setUsage(usage);
              return e;
            },
            Seen.ALWAYS,
            null,
            level));
    return this;
  }

  /** WAL made before the next event. */
  public BackendScript wal(long records, long bytes) {
    events.add(
        new Timed(
            -1,
            0,
            (delta, cpu, strings) -> {
              WalUsage wal = new WalUsage();
              wal.setRecords(records);
              wal.setBytes(bytes);
              BufferDelta e = new BufferDelta();
              e.setUsage(new BufferUsage());
              e.setWal(wal);
              return e;
            },
            Seen.ALWAYS,
            null,
            level));
    return this;
  }

  /** The plan of a query was read. */
  public BackendScript plan(long query, int missing, List<PlanNode> nodes) {
    int stack = stack();
    return add(
        (delta, cpu, strings) -> {
          PlanCaptured e = new PlanCaptured();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(stack);
          e.setObject(query);
          e.setNodes(nodes);
          e.setMissing(missing);
          return e;
        });
  }

  public BackendScript waits(String eventClass, String event, long ns, LockHolder... holders) {
    return waits(eventClass, event, ns, false, holders);
  }

  /** A wait that had begun before it was looked for ends. */
  public BackendScript hasWaited(String eventClass, String event, long ns) {
    return waits(eventClass, event, ns, true);
  }

  private BackendScript waits(
      String eventClass, String event, long ns, boolean begunBefore, LockHolder... holders) {
    step = ns + 500;
    long waitCpu = ns / 100;
    return add(
        300 + waitCpu,
        (delta, cpu, strings) -> {
          Wait e = new Wait();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setDurationNs(ns);
          e.setCpuNs(waitCpu);
          e.setEventClass(string(strings, eventClass));
          e.setEvent(string(strings, event));
          e.setCalls(1);
          e.setBegunBefore(begunBefore);
          e.setHolders(List.of(holders));
          return e;
        },
        Seen.WITH_WAITS,
        null);
  }

  /** A setting is changed by the session itself. */
  public BackendScript set(String name, String value) {
    return set(name, value, false, 13, 0, false);
  }

  public BackendScript setLocal(String name, String value) {
    return set(name, value, true, 13, 0, false);
  }

  public BackendScript set(
      String name, String value, boolean local, int source, int inForce, boolean refused) {
    return add(
        (delta, cpu, strings) -> {
          SettingChanged e = new SettingChanged();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setName(string(strings, name));
          e.setValue(string(strings, value));
          e.setReset(value.isEmpty());
          e.setLocal(local);
          e.setSource(source);
          e.setLevel(inForce);
          e.setRefused(refused);
          return e;
        });
  }

  public BackendScript clientRead(long ns) {
    return waits("Client", "ClientRead", ns);
  }

  /** The values with which a query descriptor runs for the first time. */
  public BackendScript binds(long object, String... values) {
    return add(
        (delta, cpu, strings) -> {
          List<Bind> binds = new ArrayList<>();
          for (String value : values) {
            Bind bind = new Bind();
            bind.setPosition(binds.size() + 1);
            bind.setTypeOid(25L);
            bind.setTypeName("text");
            bind.setForm(BindForm.TEXT);
            bind.setValue(value);
            bind.setReason("");
            binds.add(bind);
          }
          BindsBound e = new BindsBound();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setObject(object);
          e.setTotal(values.length);
          e.setBinds(binds);
          return e;
        });
  }

  public BackendScript transactionEnd(boolean committed) {
    return add(
        Seen.IN_DETAIL,
        (delta, cpu, strings) -> {
          TransactionEnd e = new TransactionEnd();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setCommitted(committed);
          e.setReadOnly(true);
          return e;
        });
  }

  public BackendScript error(String sqlstate) {
    open.clear();
    return add(
        (delta, cpu, strings) -> {
          ErrorReported e = new ErrorReported();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setStack(950);
          e.setSqlstate(sqlstate);
          e.setMessage("message of " + sqlstate);
          e.setDetail("detail of " + sqlstate);
          e.setHint("hint of " + sqlstate);
          return e;
        });
  }

  /** An error that is raised; who catches it is told by what follows. */
  public BackendScript thrown(String sqlstate) {
    return add(
        (delta, cpu, strings) -> {
          ErrorThrown e = new ErrorThrown();
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          e.setSqlstate(sqlstate);
          return e;
        });
  }

  public BackendScript backendEnd() {
    return backendEnd(0, 0);
  }

  public BackendScript backendEnd(int exitCode, int signal) {
    open.clear();
    return add(
        (delta, cpu, strings) -> {
          BackendEnd e = new BackendEnd();
          e.setExitCode(exitCode);
          e.setSignal(signal);
          e.setDeltaNs(delta);
          e.setCpuDeltaNs(cpu);
          return e;
        });
  }

  // Whole messages.

  /** A simple query that selects, with its commit. */
  public BackendScript simpleSelect(String text, long rows) {
    return select(text, rows).transactionEnd(true).commandEnd("SELECT", rows).idle();
  }

  /** The same inside a transaction. */
  public BackendScript simpleSelectInTransaction(String text, long rows) {
    return select(text, rows).commandEnd("SELECT", rows).idleInTransaction();
  }

  private BackendScript select(String text, long rows) {
    long portal = newObject();
    long query = newObject();
    return running(text)
        .call("pg_parse_query")
        .call("parse_analyze_fixedparams")
        .call("standard_planner")
        .portal(portal, "SELECT")
        .ownStart(portal, query, 1)
        .ownRun(portal, query, rows)
        .endOfPortal(portal, query);
  }

  /** A simple query that selects, at level 1. */
  public BackendScript leanSelect(String text, long rows) {
    leanSelectRuns(text, newObject(), rows);
    return commandEnd("SELECT", rows).idle();
  }

  /** The same up to the end of its run, by one message. */
  public BackendScript leanSelectRuns(String text, long query, long rows) {
    return running(text).leanRun(query, "", 1, -1, 0).exit(rows);
  }

  /** A simple query that is a utility command, at level 1, up to its command's end. */
  public BackendScript leanUtility(String text, String tag) {
    return running(text).statement(0, "", 6, -1, 0).exit().commandEnd(tag, 0);
  }

  public BackendScript ownStart(long portal, long query, int command) {
    return enter("PortalStart", portal).statement(query, "", command, -1, 0).exit().exit();
  }

  public BackendScript ownRun(long portal, long query, long rows) {
    return enter("PortalRun", portal).enter("standard_ExecutorRun", query).exit(rows).exit();
  }

  public BackendScript endOfPortal(long portal, long query) {
    enter("PortalDrop", portal);
    enter("standard_ExecutorFinish", query).exit();
    enter("standard_ExecutorEnd", query).exit();
    open.remove(open.size() - 1);
    return this;
  }

  /** A nested statement run to its end, with what happens in its run. */
  public BackendScript nested(String text, int command, long rows, Runnable inside) {
    long query = newObject();
    statement(query, text, command, -1, 0).exit();
    enter("standard_ExecutorRun", query);
    inside.run();
    exit(rows);
    enter("standard_ExecutorFinish", query).exit();
    return enter("standard_ExecutorEnd", query).exit();
  }

  public int size() {
    return events.size();
  }

  private static Object fromBase(int shift, Object event) {
    IndexedRecord record = (IndexedRecord) event;
    Schema.Field stack = record.getSchema().getField("stack");
    if (stack != null) {
      record.put(stack.pos(), (int) record.get(stack.pos()) + shift);
    }
    return event;
  }

  /**
   * The same session as it is seen when detail is switched on and off: events of the others are
   * left out, their CPU time goes to the next, and executors whose start was not seen describe
   * themselves.
   *
   * @param detailAt whether the detailed probes are there at an event
   * @param waits whether waits come without them
   */
  public BackendScript seen(IntPredicate detailAt, boolean waits) {
    BackendScript seen = new BackendScript();
    seen.begunBefore = begunBefore;
    seen.epoch = epoch;
    seen.time = time;
    Set<Long> started = new HashSet<>();
    long cpu = 0;
    for (int i = 0; i < events.size(); i++) {
      Timed event = events.get(i);
      boolean detail = detailAt.test(i);
      if (!detail) {
        // What was reported is forgotten with the detail: set_level() of settings.bpf.h.
        started.clear();
      }
      boolean comes =
          switch (event.seen) {
            case ALWAYS, RUN -> true;
            case WITH_WAITS -> detail || waits;
            case IN_DETAIL, PHASE, START -> detail;
          };
      if (!comes) {
        cpu += event.cpu;
        continue;
      }
      if (event.seen == Seen.START) {
        started.add(event.executor.object());
      }
      boolean describes =
          event.seen == Seen.RUN && (!detail || !started.contains(event.executor.object()));
      boolean lean = describes || (event.executor != null && event.seen != Seen.RUN);
      Maker maker = lean ? event.executor.lean() : event.maker;
      boolean moves = event.time >= 0;
      seen.events.add(
          new Timed(
              event.time,
              event.cpu + (moves ? cpu : 0),
              maker,
              Seen.ALWAYS,
              null,
              detail ? 12 : 1));
      cpu = moves ? 0 : cpu;
    }
    return seen;
  }

  /** The script as a collector sees it that watches calls without phases. */
  public BackendScript ofCalls() {
    return without(EnumSet.of(Seen.PHASE, Seen.START));
  }

  /** The script as a collector sees it that watches statements as level 1 does. */
  public BackendScript ofStatements() {
    return without(EnumSet.of(Seen.PHASE, Seen.START, Seen.IN_DETAIL));
  }

  private BackendScript without(Set<Seen> unseen) {
    BackendScript seen = new BackendScript();
    seen.begunBefore = begunBefore;
    seen.epoch = epoch;
    seen.time = time;
    long cpu = 0;
    for (Timed event : events) {
      if (unseen.contains(event.seen)) {
        cpu += event.cpu;
        continue;
      }
      Maker maker = event.seen == Seen.RUN ? event.executor.lean() : event.maker;
      boolean moves = event.time >= 0;
      seen.events.add(
          new Timed(
              event.time, event.cpu + (moves ? cpu : 0), maker, Seen.ALWAYS, null, event.level));
      cpu = moves ? 0 : cpu;
    }
    return seen;
  }

  /** As the catalogue has it. */
  private static Seen detail(String function) {
    return switch (function) {
      case "parse_analyze",
          "parse_analyze_fixedparams",
          "parse_analyze_varparams",
          "PortalStart",
          "standard_planner",
          "standard_ExecutorStart",
          "standard_ExecutorFinish",
          "standard_ExecutorEnd" ->
          Seen.PHASE;
      default -> Seen.IN_DETAIL;
    };
  }

  /** Number of the first event after one that is of another level, or of the end. */
  public int levelEnd(int from) {
    int to = from + 1;
    while (to < events.size() && events.get(to).level == events.get(from).level) {
      to++;
    }
    return Math.min(to, events.size());
  }

  /** All events in one batch. */
  public RawEventBatch batch() {
    return batch(0, events.size(), 0);
  }

  /**
   * Events from one place to before another, after a loss of some. What was used goes with the
   * event behind it and has no number of its own, as collectors send it.
   */
  public RawEventBatch batch(int begin, int end, long lostBefore) {
    int from = withItsUsage(begin);
    int to = withItsUsage(end);
    Map<String, Integer> strings = new LinkedHashMap<>();
    strings.put("", 0);
    long last = START;
    for (int i = from - 1; i >= 0; i--) {
      if (events.get(i).time() >= 0) {
        last = events.get(i).time();
        break;
      }
    }
    RawEventBatch batch = new RawEventBatch();
    batch.setBaseNs(last);
    // Each batch counts the stack from a base of its own, as collectors do.
    int shift = from % 7 * 1_000;
    batch.setStackBase(STACK_BASE + shift);
    List<Object> made = new ArrayList<>();
    for (Timed event : events.subList(from, to)) {
      long delta = event.time() < 0 ? 0 : event.time() - last;
      made.add(fromBase(shift, event.maker().make(delta, event.cpu(), strings)));
      last = event.time() < 0 ? last : event.time();
    }
    ClockAnchor clock = new ClockAnchor();
    clock.setMonotonicNs(1_000);
    clock.setUtcNs(UTC_OFFSET + 1_000);
    batch.setBackend(backend);
    batch.setLevel(begin < end ? events.get(begin).level : level);
    batch.setEpochNs(epoch);
    batch.setClock(clock);
    batch.setFirstSequence(numbered(from) + 1 + lostBefore);
    batch.setLastSequence(numbered(to) + lostBefore);
    batch.setLostBefore(lostBefore);
    batch.setBegunBefore(begunBefore);
    batch.setStrings(new ArrayList<>(strings.keySet()));
    batch.setEvents(made);
    batch.setWaitedFor(new ArrayList<>());
    return batch;
  }

  private int withItsUsage(int place) {
    int with = place;
    while (with > 0 && events.get(with - 1).time() < 0) {
      with--;
    }
    return with;
  }

  private long numbered(int before) {
    return events.subList(0, before).stream().filter(event -> event.time() >= 0).count();
  }

  /** Stitches all of it. */
  public Stitched stitch() {
    return stitch(StitchLimits.DEFAULT);
  }

  public Stitched stitch(StitchLimits limits) {
    Stitched result = new Stitched();
    SessionStitcher stitcher = new SessionStitcher(backend, limits, result.counters, result);
    int from = 0;
    do {
      int to = levelEnd(from);
      stitcher.accept(batch(from, to, 0));
      from = to;
    } while (from < events.size());
    return result;
  }
}
