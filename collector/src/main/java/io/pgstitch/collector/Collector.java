package io.pgstitch.collector;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.LevelRule;
import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.control.ControlDesk;
import io.pgstitch.collector.control.ControlListener;
import io.pgstitch.collector.control.SessionControl;
import io.pgstitch.collector.encode.BackendStream.StreamSettings;
import io.pgstitch.collector.encode.RelationNames;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.DatabaseEncodings;
import io.pgstitch.collector.host.NamespacePids;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
import io.pgstitch.collector.host.SystemIdentifiers;
import io.pgstitch.collector.host.VirtualMachine;
import io.pgstitch.collector.mask.LiteralMask;
import io.pgstitch.collector.probe.AttachedBinary;
import io.pgstitch.collector.probe.BinaryAttacher;
import io.pgstitch.collector.probe.BinaryDescriber;
import io.pgstitch.collector.probe.FirstLooks;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.collector.probe.SessionProbes;
import io.pgstitch.collector.sampling.SamplingListener;
import io.pgstitch.collector.sampling.SamplingRules;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.TracedSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The collector of one host: from {@link #start} to {@link #close} every statement of the wanted
 * servers goes to Kafka. Started once.
 */
public final class Collector implements SessionControl, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Collector.class);

  private static final String ON_SWITCH = "on_switch";
  private static final String ON_PROCESS_EXIT = "on_process_exit";

  private final CollectorSettings settings;
  private final ScheduledExecutorService scanner =
      Executors.newSingleThreadScheduledExecutor(r -> new Thread(r, "pgstitch-server-watch"));
  private final Procfs procfs = Procfs.system();
  private Aside<KernelPrograms> kernel;
  private Aside<KafkaSide> kafka;
  private KernelPrograms programs;
  private BatchSender sender;
  private ServerWatch servers;
  private FirstLooks firstLooks;
  private SessionProbes sessions;
  private List<LevelRule> rules = List.of();
  private final SeenSessions seen = new SeenSessions();
  private SessionDirectory directory;
  private ControlListener control;
  private final SamplingRules sampling = new SamplingRules();
  private SamplingListener samplingListener;
  private EventPump pump;
  private Thread pumpThread;
  private boolean closed;
  private CollectorStatus lastStatus;

  /**
   * @param settings how to work
   */
  public Collector(CollectorSettings settings) {
    this.settings = settings;
  }

  /**
   * Connects to Kafka, loads the kernel programs and plants the probes of all servers that run now.
   * When it returns, every statement that begins is seen.
   *
   * @throws CollectorException when Kafka, the kernel or all servers refuse
   */
  public void start() {
    try {
      refuseUnsafeWatchpoints();
      prepare();
      awaitPrepared();
      begin();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Begins with what takes long and touches no server, and returns at once: the kernel verifies the
   * programs while Kafka is connected to. {@link #start} waits for both.
   */
  public synchronized void prepare() {
    if (kernel == null) {
      kernel = Aside.begin("pgstitch-load", this::loadPrograms);
      kafka = Aside.begin("pgstitch-connect", () -> KafkaSide.connect(settings, sampling));
    }
  }

  private void awaitPrepared() {
    RuntimeException failure = null;
    try {
      KafkaSide connected = kafka.await();
      sender = connected.sender();
      samplingListener = connected.sampling();
    } catch (RuntimeException e) {
      failure = e;
    }
    try {
      programs = kernel.await();
    } catch (RuntimeException e) {
      failure = failure == null ? e : failure;
    }
    if (failure != null) {
      throw failure;
    }
  }

  private KernelPrograms loadPrograms() {
    try {
      EnumSet<Probe.Tier> tiers = tiers();
      if (tiers.contains(Probe.Tier.DETAIL)) {
        // What would be left for later is less than what to begin anew costs.
        return KernelPrograms.load(settings.ringBytes());
      }
      Set<String> first = catalogue().programs(tiers);
      first.addAll(List.of(ON_SWITCH, ON_PROCESS_EXIT));
      return KernelPrograms.loadFirst(settings.ringBytes(), first);
    } catch (BpfException e) {
      throw refusedByKernel(e);
    }
  }

  private static CollectorException refusedByKernel(BpfException e) {
    return new CollectorException(
        "the kernel refused the tracing programs: "
            + e.getMessage()
            + "; run as root (or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE) on Linux 5.15 or"
            + " later with BTF; `pgstitch doctor` says what is missing",
        e);
  }

  /** What sessions may ask for that the default level does not need: after the first events. */
  private void loadRest() {
    try {
      programs.loadRest();
    } catch (BpfException e) {
      throw refusedByKernel(e);
    }
  }

  private int defaultLevel() {
    return settings.level() | (settings.functions() ? Levels.FUNCTIONS : 0);
  }

  private EnumSet<Probe.Tier> tiers() {
    EnumSet<Probe.Tier> tiers = Probe.Tier.ofDefaultLevel(defaultLevel(), settings.phases());
    if (!settings.addedFunctions().isEmpty()) {
      tiers.add(Probe.Tier.NAMED);
    }
    return tiers;
  }

  private ProbeCatalogue catalogue() {
    return ProbeCatalogue.load(settings.phases()).plus(settings.addedFunctions());
  }

  /**
   * A hypervisor may deliver the debug exception of a watchpoint with an empty DR6. Linux then
   * finds no watchpoint that it belongs to, and ends the process with SIGTRAP; PostgreSQL restarts
   * all its backends when one dies so.
   */
  private void refuseUnsafeWatchpoints() {
    if (settings.waits() == WaitMode.WATCHPOINT && VirtualMachine.isHost()) {
      throw new CollectorException(
          "waits=watchpoint is refused: this is a virtual machine, where a hardware watchpoint may"
              + " end a backend with SIGTRAP and restart its server. Use waits=syscalls; for a"
              + " server that may crash there is waits=watchpoint-in-vm");
    }
  }

  private void begin() {
    long epoch = HostClock.monotonicNanos();
    int level = defaultLevel();
    programs.putRun(!settings.pids().isEmpty(), level, settings.phases());
    settings.pids().forEach(programs::addTarget);
    settings.control().roles().forEach(programs::allowRole);
    rules = rulesOfProcesses(settings.control().rules());
    programs.putRules(settings.control().anyone(), rules);
    programs.attachTracepoint(ON_SWITCH);
    programs.attachTracepoint(ON_PROCESS_EXIT);
    boolean waits = (level & Levels.WAITS) != 0;
    if (waits) {
      // Until the collection ends.
      List<Long> unused = SessionProbes.attachWaits(programs);
    }
    BackendProbe backends = new BackendProbe(procfs);
    RelationNames relations = new RelationNames();
    BinaryAttacher attacher =
        new BinaryAttacher(
            programs,
            catalogue(),
            tiers(),
            backends,
            new BinaryDescriber(
                programs, settings.bindBytes(), BackgroundKind.bits(settings.background())),
            settings.facts());
    firstLooks = new FirstLooks(programs, backends, waits);
    servers =
        new ServerWatch(
            new ServerFinder(procfs),
            backends,
            attacher,
            firstLooks,
            settings.pids(),
            System::nanoTime);
    sessions = new SessionProbes(programs, attacher, procfs, waits);
    String bootId = bootId();
    Backend origin =
        Backend.newBuilder()
            .setCluster(settings.cluster())
            .setHost(settings.host())
            .setBootId(bootId)
            .setPid(0)
            .setStartNs(0)
            .setKind(BackendKind.CLIENT)
            .build();
    directory =
        new SessionDirectory(
            origin, servers, backends, procfs, seen, settings.pids(), new FirstLevel(rules, level));
    BackendStreams streams =
        new BackendStreams(
            settings.cluster(),
            settings.host(),
            bootId,
            servers,
            new NamespacePids(procfs),
            new DatabaseEncodings(procfs),
            new SystemIdentifiers(procfs),
            relations,
            backends,
            new StreamSettings(sender.schemaId(), epoch, mask(), sampling::of),
            sender);
    pump =
        new EventPump(
            programs,
            streams,
            servers,
            sessions,
            seen,
            relations,
            WaitWatch.of(settings, programs),
            new LockHolders(new NamespacePids(procfs)),
            settings.flushInterval());
    pumpThread = new Thread(pump, "pgstitch-event-pump");
    pumpThread.start();
    servers.scan();
    plantInSingleBackends(level);
    if (settings.controlTopic()) {
      // After the planting, which it would hold up: commands are for servers that are known.
      control =
          new ControlListener(
              settings.kafka(),
              settings.schemaRegistry(),
              new ControlDesk(settings.host(), this),
              HostClock::utcNanos);
      control.begin();
    }
    loadRest();
    long interval = settings.rescanInterval().toMillis();
    // It ends with the scanner, and rescan() lets nothing escape.
    ScheduledFuture<?> unused =
        scanner.scheduleWithFixedDelay(this::rescan, interval, interval, TimeUnit.MILLISECONDS);
    if (control != null) {
      control.await();
    }
  }

  /** A rule for a pid is for the process that has it now. */
  private List<LevelRule> rulesOfProcesses(List<LevelRule> given) {
    List<LevelRule> known = new ArrayList<>();
    for (LevelRule rule : given) {
      Optional<Procfs.Stat> process =
          rule.kind() == LevelRule.Kind.PID ? procfs.stat(rule.number()) : Optional.empty();
      if (rule.kind() != LevelRule.Kind.PID) {
        known.add(rule);
      } else if (process.isPresent()) {
        known.add(rule.ofProcessStartedAt(process.get().startTicks()));
      } else {
        LOG.warn("level.pid.{} has no effect: there is no such process", rule.number());
      }
    }
    return List.copyOf(known);
  }

  private Optional<LiteralMask> mask() {
    return settings.maskLiterals() ? Optional.of(new LiteralMask()) : Optional.empty();
  }

  /** Backends that were named one by one need not come by anything that is planted for all. */
  private void plantInSingleBackends(int level) {
    List<CompletableFuture<Void>> planted = new ArrayList<>();
    for (int pid : settings.pids()) {
      servers
          .binaryOf(procfs, pid)
          .ifPresent(binary -> planted.add(sessions.levelOf(pid, binary, level)));
    }
    for (LevelRule rule : rules) {
      if (rule.kind() == LevelRule.Kind.PID) {
        servers
            .binaryOf(procfs, rule.number())
            .ifPresent(
                binary -> planted.add(sessions.levelOf(rule.number(), binary, rule.level())));
      }
    }
    planted.forEach(CompletableFuture::join);
    rules.stream()
        .filter(rule -> rule.kind() == LevelRule.Kind.PID && (rule.level() & Levels.WAITS) != 0)
        .forEach(rule -> lookFirst(rule.number()));
  }

  private void lookFirst(int pid) {
    servers.binaryOf(procfs, pid).ifPresent(binary -> firstLooks.lookAt(pid, binary));
  }

  /**
   * Switches one backend, from its next event on. A later setting of the session itself wins over
   * this, as this wins over an earlier one.
   *
   * @param pid of a backend of a traced server, as the host numbers it
   * @param level sum of the bits of {@link TraceLevel}; 0 traces nothing
   * @param functions whether calls of the function catalogue are traced too
   * @throws IllegalArgumentException when there is no such level, or no such backend
   */
  @Override
  public void switchSession(int pid, int level, boolean functions) {
    if (!TraceLevel.isValid(level)) {
      throw new IllegalArgumentException("level " + level + ": " + TraceLevel.EXPLANATION);
    }
    AttachedBinary binary =
        servers
            .binaryOf(procfs, pid)
            .filter(b -> isWanted(pid))
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "process " + pid + " is no backend of a server that is traced here"));
    long started =
        procfs
            .stat(pid)
            .orElseThrow(() -> new IllegalArgumentException("process " + pid + " has just ended"))
            .startTicks();
    int mode = level | (functions ? Levels.FUNCTIONS : 0);
    sessions.levelOf(pid, binary, mode).join();
    LevelRule rule = new LevelRule(LevelRule.Kind.PID, pid, mode).ofProcessStartedAt(started);
    programs.putRules(settings.control().anyone(), List.of(rule));
    if ((mode & Levels.WAITS) != 0) {
      firstLooks.lookAt(pid, binary);
    }
    seen.switched(pid, started, mode);
  }

  @Override
  public List<TracedSession> sessions(int pid) {
    return directory.sessions(pid);
  }

  private boolean isWanted(int pid) {
    return settings.pids().isEmpty()
        || settings.pids().contains(pid)
        || procfs.stat(pid).map(s -> settings.pids().contains(s.parentPid())).orElse(false);
  }

  private void rescan() {
    try {
      sessions.sweep();
      seen.sweep(procfs);
      servers.scan();
    } catch (RuntimeException e) {
      LOG.error("looking for servers failed, trying again: {}", e.toString(), e);
    }
  }

  private static String bootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).trim();
    } catch (IOException e) {
      throw new CollectorException("cannot read the boot id: is /proc mounted?", e);
    }
  }

  /** What was done so far; after {@link #close}, in all. */
  public synchronized CollectorStatus status() {
    return lastStatus != null ? lastStatus : currentStatus();
  }

  private CollectorStatus currentStatus() {
    return new CollectorStatus(
        servers.status(),
        pump.backendsSeen(),
        sender.events(),
        sender.batches(),
        sender.acknowledged(),
        sender.failed(),
        sender.bytes(),
        pump.lost(),
        programs.losses(KernelPrograms.LOSS_RING_FULL),
        programs.losses(KernelPrograms.LOSS_NO_STATE),
        programs.losses(KernelPrograms.LOSS_RETURN_UNSEEN),
        pump.unknownBackend(),
        sender.spool());
  }

  /** What came of wishes to switch levels. */
  public ControlStatus controlStatus() {
    return pump.control();
  }

  /** Counts hits of the servers' functions; for tests. */
  KernelPrograms.RunCounts countRuns() {
    return programs.countRuns();
  }

  /** What ended the collection before its time, or null while it works. */
  public Throwable failure() {
    if (pump == null) {
      return null;
    }
    return pump.failure() != null ? pump.failure() : sender.failure();
  }

  /** Takes the probes away, then sends what was seen. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (kernel != null && programs == null) {
      kernel.abandon(KernelPrograms::close);
    }
    if (kafka != null && sender == null) {
      kafka.abandon(KafkaSide::close);
    }
    if (control != null) {
      control.close();
    }
    if (samplingListener != null) {
      samplingListener.close();
    }
    scanner.shutdownNow();
    if (sessions != null) {
      sessions.close();
    }
    if (programs != null) {
      programs.detachAll();
    }
    if (pumpThread != null) {
      pump.stop();
      joinPump();
    }
    if (sender != null) {
      sender.close();
    }
    if (pumpThread != null) {
      lastStatus = currentStatus();
    }
    if (pumpThread != null && pumpThread.isAlive()) {
      // It still reads the ring's memory, which must not be unmapped under it.
      LOG.error("events were still being read after 30 s: what is left of them is lost");
    } else if (programs != null) {
      programs.close();
    }
  }

  private void joinPump() {
    try {
      pumpThread.join(TimeUnit.SECONDS.toMillis(30));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
