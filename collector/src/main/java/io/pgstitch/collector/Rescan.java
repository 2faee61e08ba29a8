package io.pgstitch.collector;

import io.pgstitch.collector.host.Births;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.probe.SessionProbes;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks again and again for servers that came or went, and for sessions that ended unseen. */
final class Rescan implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rescan.class);

  /** So often all processes are looked at even when none seems to have begun. */
  private static final long UNASKED = TimeUnit.SECONDS.toNanos(10);

  private final ServerWatch servers;
  private final SessionProbes sessions;
  private final SeenSessions seen;
  private final Procfs procfs;
  private final Births births;
  private long lastScan = System.nanoTime();

  /** A scan that failed is still owed. */
  private boolean owed;

  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(r -> new Thread(r, "pgstitch-server-watch"));

  Rescan(ServerWatch servers, SessionProbes sessions, SeenSessions seen, Procfs procfs) {
    this.servers = servers;
    this.sessions = sessions;
    this.seen = seen;
    this.procfs = procfs;
    this.births = new Births(procfs);
  }

  /**
   * Begins.
   *
   * @param pause between two looks, and before the first
   */
  void begin(Duration pause) {
    long millis = pause.toMillis();
    // It ends with the executor, and look() lets nothing escape.
    ScheduledFuture<?> unused =
        executor.scheduleWithFixedDelay(this::look, millis, millis, TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      sessions.sweep();
      seen.sweep(procfs);
      long now = System.nanoTime();
      owed |= births.any() || servers.isUnsettled() || now - lastScan >= UNASKED;
      if (owed) {
        servers.scan();
        owed = false;
        lastScan = now;
      }
    } catch (RuntimeException e) {
      LOG.error("looking for servers failed, trying again: {}", e.toString(), e);
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
