package io.pgstitch.collector;

import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.Preparation.Prepared;
import io.pgstitch.collector.control.ControlListener;
import io.pgstitch.collector.control.SessionControl;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A collection from its first probe to its last batch: begins and ends its parts in order. */
final class RunningCollection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunningCollection.class);
  private static final Duration PUMP_PATIENCE = Duration.ofSeconds(30);

  private final CollectorSettings settings;
  private final KernelSide kernel;
  private final KafkaSide kafka;
  private final CollectionParts parts;
  private final PumpThread pumpThread;
  private CollectorStatus last;

  private RunningCollection(CollectorSettings settings, Prepared prepared, CollectionParts parts) {
    this.settings = settings;
    this.kernel = prepared.kernel();
    this.kafka = prepared.kafka();
    this.parts = parts;
    this.pumpThread = new PumpThread(parts.pump());
  }

  /**
   * Makes its parts; what was prepared is closed with it.
   *
   * @throws CollectorException when that fails; what was prepared is still open then
   */
  static RunningCollection of(CollectorSettings settings, Prepared prepared) {
    return new RunningCollection(settings, prepared, CollectionParts.of(settings, prepared));
  }

  /**
   * Plants the probes of all servers that run now, and begins to read. To be closed even when it
   * fails.
   */
  void begin() {
    kernel.begin(settings, parts.rules());
    pumpThread.start();
    parts.servers().scan();
    parts.named().plant(settings.pids(), kernel.plan().level(), parts.rules());
    // After the planting, which it would hold up: commands are for servers that are known.
    parts.control().ifPresent(ControlListener::begin);
    kernel.loadRest();
    parts.rescan().begin(settings.rescanInterval());
    parts.control().ifPresent(ControlListener::await);
  }

  SessionControl sessions() {
    return parts.sessions();
  }

  KernelPrograms programs() {
    return kernel.programs();
  }

  /** What was done so far; after {@link #close}, in all. */
  CollectorStatus status() {
    return last != null ? last : currentStatus();
  }

  private CollectorStatus currentStatus() {
    EventPump pump = parts.pump();
    BatchSender sender = kafka.sender();
    KernelPrograms programs = kernel.programs();
    return new CollectorStatus(
        parts.servers().status(),
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

  ControlStatus controlStatus() {
    return parts.pump().control();
  }

  /** What ended it before its time, or null. */
  Throwable failure() {
    Throwable ofPump = parts.pump().failure();
    return ofPump != null ? ofPump : kafka.sender().failure();
  }

  /** Probes go first, so that what is in the rings is all that comes; then it is sent. */
  @Override
  public void close() {
    parts.control().ifPresent(ControlListener::close);
    kafka.sampling().close();
    parts.rescan().close();
    parts.probes().close();
    kernel.programs().detachAll();
    boolean ringUnread = pumpThread.stop(PUMP_PATIENCE);
    kafka.sender().close();
    last = currentStatus();
    if (ringUnread) {
      kernel.close();
    } else {
      // It still reads the rings' memory, which must not be unmapped under it.
      LOG.error("events were still being read after 30 s: what is left of them is lost");
    }
  }
}
