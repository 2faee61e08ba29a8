package io.pgstitch.benchmarks;

import io.pgstitch.bpf.Detail;
import io.pgstitch.bpf.HostClock;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.collector.encode.EventNames;
import io.pgstitch.collector.host.BackendProbe;
import io.pgstitch.collector.host.PostgresServer;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.host.ServerFinder;
import io.pgstitch.collector.postgres.FactSource;
import io.pgstitch.collector.probe.AttachedBinary;
import io.pgstitch.collector.probe.BinaryAttacher;
import io.pgstitch.collector.probe.BinaryDescriber;
import io.pgstitch.collector.probe.Probe;
import io.pgstitch.collector.probe.ProbeCatalogue;
import io.pgstitch.collector.probe.SessionProbes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the kernel's ring gave of a real server while something ran on it, in the pieces in which a
 * collector takes it.
 *
 * @param pieces direct buffers of whole records, each of about 4 ms
 * @param names of the server's functions and waits
 */
record RingRecording(List<ByteBuffer> pieces, EventNames names) {
  private static final int RING_BYTES = 64 << 20;
  private static final int BUFFER_BYTES = 4 << 20;
  private static final int BIND_BYTES = 4096;
  private static final long PAUSE_MILLIS = 4;

  /** What is done while it is recorded. */
  interface Work {
    /** Does it. */
    void run() throws Exception;
  }

  /**
   * Records.
   *
   * @param postmaster of the server
   * @param level that is planted for all of its sessions
   */
  static RingRecording of(int postmaster, int level, Work work) throws Exception {
    Procfs procfs = Procfs.system();
    PostgresServer server =
        new ServerFinder(procfs)
            .server(postmaster)
            .orElseThrow(() -> new IllegalStateException(postmaster + " is no server"));
    ProbeCatalogue catalogue = ProbeCatalogue.load();
    try (KernelPrograms programs = KernelPrograms.load(RING_BYTES)) {
      programs.switches().putRun(true, level, Detail.PHASES);
      programs.switches().addTarget(postmaster);
      programs.switches().putRules(true, List.of());
      programs.attachTracepoint("on_switch");
      programs.attachTracepoint("on_process_exit");
      List<Long> unused = SessionProbes.attachWaits(programs);
      AttachedBinary binary =
          new BinaryAttacher(
                  programs,
                  catalogue,
                  Probe.Tier.ofDefaultLevel(level, Detail.PHASES),
                  new BackendProbe(procfs),
                  new BinaryDescriber(programs, BIND_BYTES, 0),
                  FactSource.builtIn())
              .attach(server, 0, true);
      List<ByteBuffer> pieces = drainedDuring(programs, work);
      if (programs.losses(KernelPrograms.LOSS_RING_FULL) > 0) {
        throw new IllegalStateException("the ring overflowed while it was recorded");
      }
      return new RingRecording(pieces, new EventNames(catalogue, binary.facts()));
    }
  }

  private static List<ByteBuffer> drainedDuring(KernelPrograms programs, Work work)
      throws Exception {
    List<ByteBuffer> pieces = new ArrayList<>();
    AtomicBoolean ended = new AtomicBoolean();
    Thread reader =
        new Thread(
            () -> {
              ByteBuffer buffer =
                  ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.nativeOrder());
              while (true) {
                boolean last = ended.get();
                programs.drain(buffer);
                if (buffer.hasRemaining()) {
                  ByteBuffer piece =
                      ByteBuffer.allocateDirect(buffer.remaining()).order(ByteOrder.nativeOrder());
                  pieces.add(piece.put(buffer).flip());
                } else if (last) {
                  return;
                }
                pause();
              }
            },
            "ring-recorder");
    reader.start();
    try {
      work.run();
    } finally {
      ended.set(true);
      reader.join();
    }
    return List.copyOf(pieces);
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** By which the clock of the kernel is known in what is played. */
  static long nowNanos() {
    return HostClock.monotonicNanos();
  }
}
