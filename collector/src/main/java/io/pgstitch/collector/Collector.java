package io.pgstitch.collector;

import io.pgstitch.bpf.RunCounts;
import io.pgstitch.collector.control.SessionControl;
import io.pgstitch.schema.TracedSession;
import java.util.List;

/**
 * The collector of one host: from {@link #start} to {@link #close} every statement of the wanted
 * servers goes to Kafka. Started once.
 */
public final class Collector implements SessionControl, AutoCloseable {
  private final CollectorSettings settings;

  /** Null before {@link #prepare}. */
  private Preparation preparation;

  /** Null until what was prepared is there. */
  private volatile RunningCollection running;

  private boolean closed;

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
      WaitWatch.refuseWhereUnsafe(settings.waits());
      prepare();
      running = RunningCollection.of(settings, preparation.await());
      running.begin();
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
    if (preparation == null) {
      preparation = Preparation.begin(settings);
    }
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
    running.sessions().switchSession(pid, level, functions);
  }

  @Override
  public List<TracedSession> sessions(int pid) {
    return running.sessions().sessions(pid);
  }

  /** What was done so far; after {@link #close}, in all. */
  public synchronized CollectorStatus status() {
    return running.status();
  }

  /** What came of wishes to switch levels. */
  public ControlStatus controlStatus() {
    return running.controlStatus();
  }

  /** Counts hits of the servers' functions; for tests. */
  RunCounts countRuns() {
    return running.programs().countRuns();
  }

  /** What ended the collection before its time, or null while it works. */
  public Throwable failure() {
    RunningCollection collection = running;
    return collection == null ? null : collection.failure();
  }

  /** Takes the probes away, then sends what was seen. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (running != null) {
      running.close();
    } else if (preparation != null) {
      preparation.abandon();
    }
  }
}
