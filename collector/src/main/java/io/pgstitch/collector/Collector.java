package io.pgstitch.collector;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.encode.BackendStream.StreamSettings;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.DatabaseEncodings;
import io.pgstitch.collector.host.NamespacePids;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
import io.pgstitch.collector.probe.BinaryAttacher;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
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
public final class Collector implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Collector.class);

  private final CollectorSettings settings;
  private final ScheduledExecutorService scanner =
      Executors.newSingleThreadScheduledExecutor(r -> new Thread(r, "pgstitch-server-watch"));
  private KernelPrograms programs;
  private BatchSender sender;
  private ServerWatch servers;
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
      sender = new BatchSender(settings);
      programs = loadPrograms();
      begin();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private KernelPrograms loadPrograms() {
    try {
      return KernelPrograms.load(settings.ringBytes());
    } catch (BpfException e) {
      throw new CollectorException(
          "the kernel refused the tracing programs: "
              + e.getMessage()
              + "; run as root (or with CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE) on Linux 5.15 or"
              + " later with BTF; `pgstitch doctor` says what is missing",
          e);
    }
  }

  private void begin() {
    long epoch = HostClock.monotonicNanos();
    programs.putRun(!settings.pids().isEmpty(), settings.level());
    settings.pids().forEach(programs::addTarget);
    programs.attachTracepoint("on_switch");
    programs.attachTracepoint("on_process_exit");
    EnumSet<Probe.Tier> tiers = EnumSet.of(Probe.Tier.STATEMENT, Probe.Tier.PHASE);
    if ((settings.level() & TraceLevel.WAITS) != 0) {
      tiers.add(Probe.Tier.WAIT);
      programs.attachTracepoint("on_syscall_exit");
      programs.attachTracepoint("on_syscall");
    }
    if (settings.functions()) {
      tiers.add(Probe.Tier.FUNCTION);
    }
    ProbeCatalogue catalogue = ProbeCatalogue.load();
    Procfs procfs = Procfs.system();
    BackendProbe backends = new BackendProbe(procfs);
    servers =
        new ServerWatch(
            new ServerFinder(procfs),
            backends,
            new BinaryAttacher(programs, catalogue, tiers, backends, settings.bindBytes()));
    BackendStreams streams =
        new BackendStreams(
            settings.cluster(),
            settings.host(),
            bootId(),
            servers,
            new NamespacePids(procfs),
            new DatabaseEncodings(procfs),
            new StreamSettings(sender.schemaId(), settings.level(), epoch),
            sender::send);
    pump = new EventPump(programs, streams, settings.flushInterval());
    pumpThread = new Thread(pump, "pgstitch-event-pump");
    pumpThread.start();
    servers.scan();
    long interval = settings.rescanInterval().toMillis();
    // It ends with the scanner, and rescan() lets nothing escape.
    ScheduledFuture<?> unused =
        scanner.scheduleWithFixedDelay(this::rescan, interval, interval, TimeUnit.MILLISECONDS);
  }

  private void rescan() {
    try {
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
        pump.unknownBackend());
  }

  /** What ended the collection before its time, or null while it works. */
  public Throwable failure() {
    return pump == null ? null : pump.failure();
  }

  /** Takes the probes away, then sends what was seen. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    scanner.shutdownNow();
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
