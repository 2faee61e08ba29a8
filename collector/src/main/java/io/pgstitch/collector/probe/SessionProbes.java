package io.pgstitch.collector.probe;

import io.pgstitch.bpf.BpfException;
import io.pgstitch.bpf.KernelPrograms;
import io.pgstitch.bpf.Levels;
import io.pgstitch.collector.host.Procfs;
import io.pgstitch.collector.probe.Probe.Tier;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plants in single processes what their level asks for and the default does not bring, and takes it
 * away again. Planting and taking away have a thread each: the kernel takes up to some hundred
 * milliseconds for the latter, and neither may hold up the reader of events.
 */
public final class SessionProbes implements AutoCloseable {
  /** The kernel programs that see waits. Exits first: a wait that began is seen to end. */
  public static final List<String> WAIT_PROGRAMS = List.of("on_syscall_exit", "on_syscall");

  private static final Logger LOG = LoggerFactory.getLogger(SessionProbes.class);
  private static final int NO_SUCH_PROCESS = 3;

  private final KernelPrograms programs;
  private final BinaryAttacher attacher;
  private final Procfs procfs;
  private final boolean waitsForAll;
  private final ExecutorService planter =
      Executors.newSingleThreadExecutor(r -> new Thread(r, "pgstitch-session-probes"));
  private final ExecutorService remover =
      Executors.newSingleThreadExecutor(r -> new Thread(r, "pgstitch-session-probes-removal"));
  private final Set<Integer> touched = ConcurrentHashMap.newKeySet();

  /** Only the planter's thread reads and writes these. */
  private final Map<Integer, Planted> sessions = new HashMap<>();

  private final Set<Integer> waiting = new HashSet<>();
  private List<Long> waitProbes = List.of();

  private record Planted(AttachedBinary binary, EnumMap<Tier, List<Long>> tiers) {}

  /**
   * @param waitsForAll whether the programs that see waits are attached already, for all
   */
  public SessionProbes(
      KernelPrograms programs, BinaryAttacher attacher, Procfs procfs, boolean waitsForAll) {
    this.programs = programs;
    this.attacher = attacher;
    this.procfs = procfs;
    this.waitsForAll = waitsForAll;
  }

  /** Attaches what sees waits, to system calls, in its order. */
  public static List<Long> attachWaits(KernelPrograms programs) {
    return WAIT_PROGRAMS.stream().map(programs::attachTracepoint).toList();
  }

  /**
   * A backend has this level now: what it needs is planted soon.
   *
   * @param level bits of {@link Levels}
   * @return completed when all is planted
   */
  public CompletableFuture<Void> levelOf(int pid, AttachedBinary binary, int level) {
    boolean enough =
        wanted(binary, level).isEmpty() && (waitsForAll || (level & Levels.WAITS) == 0);
    if (enough) {
      return CompletableFuture.completedFuture(null);
    }
    touched.add(pid);
    return onPlanter(() -> plant(pid, binary, level));
  }

  /** A backend will stay at this level: what it does not need is taken away. */
  public void settled(int pid, int level) {
    if (touched.contains(pid)) {
      onPlanter(() -> shrink(pid, level));
    }
  }

  /** A backend is gone. */
  public void ended(int pid) {
    if (touched.remove(pid)) {
      onPlanter(() -> forget(pid));
    }
  }

  /** Forgets processes that ended unseen. */
  public void sweep() {
    for (int pid : touched) {
      if (procfs.stat(pid).isEmpty()) {
        ended(pid);
      }
    }
  }

  /** Processes that have probes of their own. */
  public int count() {
    return touched.size();
  }

  private CompletableFuture<Void> onPlanter(Runnable task) {
    try {
      return CompletableFuture.runAsync(task, planter)
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  LOG.error("planting in a session failed: {}", failure.toString(), failure);
                }
              });
    } catch (RejectedExecutionException closed) {
      return CompletableFuture.failedFuture(closed);
    }
  }

  /** What a process needs beyond what is planted for all. */
  private EnumSet<Tier> wanted(AttachedBinary binary, int level) {
    EnumSet<Tier> wanted = attacher.tiersOf(level);
    if (!binary.tiers().contains(Tier.CONTROL)) {
      wanted.add(Tier.CONTROL);
      wanted.add(Tier.QUIET);
      if (attacher.plantsNamed()) {
        wanted.add(Tier.NAMED);
      }
    }
    wanted.removeAll(binary.tiers());
    return wanted;
  }

  private void plant(int pid, AttachedBinary binary, int level) {
    Planted planted =
        sessions.computeIfAbsent(pid, p -> new Planted(binary, new EnumMap<>(Tier.class)));
    if ((level & Levels.WAITS) != 0 && !waitsForAll) {
      waiting.add(pid);
      if (waitProbes.isEmpty()) {
        waitProbes = attachWaits(programs);
      }
    }
    try {
      for (Tier tier : wanted(binary, level)) {
        if (!planted.tiers().containsKey(tier)) {
          planted.tiers().put(tier, attacher.plantIn(pid, procfs.executable(pid), binary, tier));
        }
      }
    } catch (BpfException e) {
      if (e.errno() != NO_SUCH_PROCESS && procfs.stat(pid).isPresent()) {
        LOG.error("the kernel refused a probe in process {}: {}", pid, e.getMessage());
      }
    }
  }

  private void shrink(int pid, int level) {
    Planted planted = sessions.get(pid);
    if (planted == null) {
      return;
    }
    EnumSet<Tier> wanted = wanted(planted.binary(), level);
    for (Tier tier : EnumSet.allOf(Tier.class)) {
      if (!wanted.contains(tier)) {
        remove(planted.tiers().remove(tier));
      }
    }
    if ((level & Levels.WAITS) == 0) {
      stopWaiting(pid);
    }
    if (planted.tiers().isEmpty() && !waiting.contains(pid)) {
      sessions.remove(pid);
      touched.remove(pid);
    }
  }

  private void forget(int pid) {
    Planted planted = sessions.remove(pid);
    if (planted != null) {
      List<Long> all = new ArrayList<>();
      planted.tiers().values().forEach(all::addAll);
      remove(all);
    }
    stopWaiting(pid);
  }

  private void stopWaiting(int pid) {
    if (waiting.remove(pid) && waiting.isEmpty()) {
      remove(waitProbes);
      waitProbes = List.of();
    }
  }

  private void remove(List<Long> attachments) {
    if (attachments != null && !attachments.isEmpty()) {
      remover.execute(() -> programs.detach(attachments));
    }
  }

  /** Ends both threads; what is planted is taken away with all else. */
  @Override
  public void close() {
    end(planter);
    end(remover);
  }

  private static void end(ExecutorService executor) {
    executor.shutdown();
    try {
      if (!executor.awaitTermination(30, TimeUnit.SECONDS)) {
        LOG.error("probes of sessions were still being taken away after 30 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
