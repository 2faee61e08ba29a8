package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The loaded kernel programs. One thread drains, any thread attaches and detaches; closing detaches
 * all.
 */
public final class KernelPrograms implements AutoCloseable {
  /** Events that found their ring buffer full. */
  public static final int LOSS_RING_FULL = 0;

  /** Backends for which the kernel could not allocate state. */
  public static final int LOSS_NO_STATE = 1;

  /** Returns of functions that the kernel did not report. */
  public static final int LOSS_RETURN_UNSEEN = 2;

  private static final String WATCHPOINT = "on_wait_word";
  private static final int READER_NICE = -15;
  private static final int RELEASED_AT_ONCE = 16;

  private final long handle;
  private final boolean multi;
  private final List<Long> attachments = new ArrayList<>();
  private boolean closed;
  private int generation;
  private int ruleKinds;

  /** Held while what was left for later is loaded. */
  private final Object restLock = new Object();

  /** What was left for later; null when nothing is. */
  private volatile Rest rest;

  @SuppressWarnings("ArrayRecordComponent") // handed to the kernel once, never compared
  private record Rest(byte[] object, String loaded) {
    boolean has(String program) {
      return !loaded.contains("," + program + ",");
    }
  }

  private KernelPrograms(long handle, boolean multi, Rest rest) {
    this.handle = handle;
    this.multi = multi;
    this.rest = rest;
  }

  /**
   * Loads the programs into the kernel.
   *
   * @param ringBytes size of the ring buffers together, a power of two, at least 64 KiB
   * @throws BpfException when the kernel refuses (no privilege, no BTF, too old)
   */
  public static KernelPrograms load(int ringBytes) {
    return load(ringBytes, null);
  }

  /**
   * Loads some of the programs: what the kernel verifies takes its time, and not all is needed at
   * once. The others are loaded by {@link #loadRest}, or when one of them is attached.
   *
   * @param first names of those that are loaded now
   * @throws BpfException as {@link #load(int)}
   */
  public static KernelPrograms loadFirst(int ringBytes, Set<String> first) {
    return load(ringBytes, "," + String.join(",", first) + ",");
  }

  private static KernelPrograms load(int ringBytes, String first) {
    NativeLibrary.ensureLoaded();
    byte[] object = NativeLibrary.kernelObject();
    Rest rest = first == null ? null : new Rest(object, first);
    try {
      return new KernelPrograms(NativeBpf.open(object, ringBytes, true, first), true, rest);
    } catch (BpfException kernelBefore66) {
      try {
        return new KernelPrograms(NativeBpf.open(object, ringBytes, false, first), false, rest);
      } catch (BpfException e) {
        e.addSuppressed(kernelBefore66);
        throw e;
      }
    }
  }

  /**
   * Loads what {@link #loadFirst} left out; returns when all is loaded, whoever loads it.
   *
   * @throws BpfException when the kernel refuses
   */
  public void loadRest() {
    synchronized (restLock) {
      if (rest != null) {
        NativeBpf.openRest(handle, rest.object(), rest.loaded());
        rest = null;
      }
    }
  }

  private void require(String program) {
    Rest missing = rest;
    if (missing != null && missing.has(program)) {
      loadRest();
    }
  }

  /**
   * Whether many places are attached at once (Linux 6.6 and later), which makes detaching quick.
   */
  public boolean attachesManyAtOnce() {
    return multi;
  }

  /** Tells the programs where control data stands in a binary. */
  public synchronized void putControlLayout(int index, ControlLayout layout) {
    NativeBpf.putMap(handle, "control_layouts", index, layout.toBytes());
  }

  /** Tells the programs what the code of a binary says. */
  public synchronized void putCode(int index, CodeLayout layout) {
    NativeBpf.putMap(handle, "code_layouts", index, layout.toBytes());
  }

  /**
   * Adds rules, and lets backends that run look for one for their pid.
   *
   * @param anyone whether each session may switch itself; otherwise superusers and {@link
   *     #allowRole allowed roles}
   */
  public synchronized void putRules(boolean anyone, List<LevelRule> rules) {
    generation++;
    for (LevelRule rule : rules) {
      ruleKinds |= 1 << rule.kind().ordinal();
      byte[] value =
          ByteBuffer.allocate(16)
              .order(ByteOrder.nativeOrder())
              .putInt(rule.level())
              .putInt(generation)
              .putLong(rule.startTicks())
              .array();
      NativeBpf.putEntry(handle, "rules", rule.key(), value);
    }
    ByteBuffer all = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
    all.putInt(generation).putInt(ruleKinds).putInt(anyone ? 1 : 0).putInt(0);
    NativeBpf.putMap(handle, "control", 0, all.array());
  }

  /** Lets the sessions of a role switch themselves, where not everybody may. */
  public synchronized void allowRole(String role) {
    byte[] one = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(1).array();
    NativeBpf.putEntry(handle, "switchers", LevelRule.key(LevelRule.Kind.ROLE, 0, role), one);
  }

  /** Tells the programs about a binary. Cookies made with {@link #cookie} name it by its index. */
  public synchronized void putBinary(int index, BinaryConfig config) {
    NativeBpf.putMap(handle, "binaries", index, config.toBytes());
  }

  /** Tells the programs where a binary keeps what waits wait for and what errors say. */
  public synchronized void putTargets(int index, TargetConfig config) {
    NativeBpf.putMap(handle, "target_configs", index, config.toBytes());
  }

  /** Tells the programs how a binary's background processes are known. */
  public synchronized void putWorkers(int index, WorkerConfig config) {
    NativeBpf.putMap(handle, "worker_configs", index, config.toBytes());
  }

  /**
   * Tells the programs where a binary keeps bind values.
   *
   * @param layout the words of {@code struct bind_layout}, in its order
   */
  public synchronized void putBindLayout(int index, int[] layout) {
    ByteBuffer value = ByteBuffer.allocate(4 * layout.length).order(ByteOrder.nativeOrder());
    value.asIntBuffer().put(layout);
    NativeBpf.putMap(handle, "bind_layouts", index, value.array());
  }

  /**
   * Tells the programs what the layouts of a binary are held against.
   *
   * @param words those of {@code struct layout_config}, in its order
   */
  public synchronized void putLayoutChecks(int index, int[] words) {
    ByteBuffer value = ByteBuffer.allocate(4 * words.length).order(ByteOrder.nativeOrder());
    value.asIntBuffer().put(words);
    NativeBpf.putMap(handle, "layout_configs", index, value.array());
  }

  /**
   * Tells the programs how a binary stores a data type.
   *
   * @param oid below 65536
   * @param length typlen of pg_type
   * @param byValue typbyval of pg_type
   */
  public synchronized void putBindType(int index, int oid, int length, boolean byValue) {
    int form = length & 0xffff | (byValue ? 1 << 16 : 0);
    byte[] value = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(form).array();
    NativeBpf.putMap(handle, "bind_types", index << 16 | oid, value);
  }

  /**
   * Tells the programs where a binary's plan trees and WAL counters lie.
   *
   * @param shapes of its node types, by the NodeTag of their states
   */
  public synchronized void putPlans(int index, PlanConfig config, Map<Integer, NodeShape> shapes) {
    shapes.forEach(
        (tag, shape) ->
            NativeBpf.putMap(handle, "node_shapes", index << 16 | tag, shape.toBytes()));
    NativeBpf.putMap(handle, "plan_configs", index, config.toBytes());
  }

  /**
   * Sets what is in force for all backends.
   *
   * @param onlyTargets whether only the processes of {@link #addTarget} are traced
   * @param level of each backend that nothing more special is said of
   * @param phases whether an executor's start and end are seen at each detailed level
   */
  public synchronized void putRun(boolean onlyTargets, int level, boolean phases) {
    ByteBuffer value = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
    value.putInt(onlyTargets ? 1 : 0).putInt(level).putInt(phases ? 1 : 0);
    NativeBpf.putMap(handle, "config", 0, value.array());
  }

  /** Adds a backend, or a server whose backends are meant, by its pid. */
  public synchronized void addTarget(int pid) {
    byte[] one = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(1).array();
    NativeBpf.putMap(handle, "targets", pid, one);
  }

  /**
   * What a probe hands to its program: the function's address in the file, binary, and function.
   *
   * @param tier 0 where statements begin and end, 1 detail, 2 functions: which levels ask for it
   */
  public static long cookie(long address, int binary, int tier, int function) {
    return address << 24 | (long) (binary & 0xff) << 16 | tier << 14 | (function & 0x3fff);
  }

  /**
   * Lets the kernel count how often each program runs, until the answer is closed. On this whole
   * host: for tests and measurements.
   */
  public RunCounts countRuns() {
    return new RunCounts(NativeBpf.countRuns());
  }

  /** While it is open the kernel counts. */
  public final class RunCounts implements AutoCloseable {
    private final int descriptor;

    private RunCounts(int descriptor) {
      this.descriptor = descriptor;
    }

    /** How often each program ran that functions of servers hit, at entries and returns. */
    public Map<String, Long> functionRuns() {
      String lines;
      synchronized (KernelPrograms.this) {
        lines = NativeBpf.functionRuns(handle);
      }
      Map<String, Long> runs = new TreeMap<>();
      lines
          .lines()
          .map(line -> line.split(" ", 2))
          .forEach(f -> runs.put(f[1], Long.parseLong(f[0])));
      return runs;
    }

    @Override
    public void close() {
      NativeBpf.stopCounting(descriptor);
    }
  }

  /**
   * Instructions that the kernel's verifier went through to take the programs: what loading them
   * costs, whatever else the machine does. 0 before Linux 5.16.
   */
  public synchronized long verifiedInstructions() {
    return NativeBpf.verifiedInstructions(handle);
  }

  /**
   * Attaches a program to the tracepoint that it names.
   *
   * @return names the attachment for {@link #detach}
   */
  public long attachTracepoint(String program) {
    require(program);
    synchronized (this) {
      long attachment = NativeBpf.attachTracepoint(handle, program);
      attachments.add(attachment);
      return attachment;
    }
  }

  /**
   * Attaches a program to functions of a file, in all processes that run it or in one.
   *
   * @param path the file; /proc/PID/exe is right even when it was deleted or replaced
   * @param offsets places in the file
   * @param cookies one for each offset
   * @param onReturn at the functions' returns instead of their entries
   * @param pid of the process; 0: all
   * @return names the attachment for {@link #detach}
   */
  public long attachFunctions(
      String program, String path, long[] offsets, long[] cookies, boolean onReturn, int pid) {
    require(program);
    synchronized (this) {
      long attachment =
          NativeBpf.attachUprobes(handle, program, path, offsets, cookies, onReturn, pid);
      attachments.add(attachment);
      return attachment;
    }
  }

  /**
   * Lets writes to a backend's wait word say when its waits begin and end.
   *
   * @param pid of the backend
   * @param address of its wait_event_info, four bytes
   * @return names the attachment for {@link #detach}
   * @throws BpfException errno 3 (ESRCH) when the process has ended, 28 (ENOSPC) when all hardware
   *     breakpoints of the processor are taken
   */
  public long watchWaits(int pid, long address) {
    require(WATCHPOINT);
    synchronized (this) {
      long attachment = NativeBpf.attachWatchpoint(handle, WATCHPOINT, pid, address);
      attachments.add(attachment);
      return attachment;
    }
  }

  /** Takes an attachment away; the kernel may take its time, others need not wait for it. */
  public void detach(long attachment) {
    detach(List.of(attachment));
  }

  /**
   * Takes attachments away, and returns when all are gone. For each the kernel waits until no
   * processor is inside the probe any more; waits that run at once share that time.
   */
  public void detach(Collection<Long> some) {
    List<Long> known = new ArrayList<>();
    synchronized (this) {
      for (Long attachment : some) {
        if (attachments.remove(attachment)) {
          known.add(attachment);
        }
      }
    }
    release(known);
  }

  private static void release(List<Long> released) {
    List<Thread> others = new ArrayList<>();
    AtomicInteger next = new AtomicInteger();
    Runnable share =
        () -> {
          for (int i = next.getAndIncrement(); i < released.size(); i = next.getAndIncrement()) {
            NativeBpf.detach(released.get(i));
          }
        };
    for (int i = 1; i < Math.min(RELEASED_AT_ONCE, released.size()); i++) {
      Thread other = new Thread(share, "pgstitch-detach");
      other.start();
      others.add(other);
    }
    share.run();
    boolean interrupted = false;
    for (Thread other : others) {
      while (other.isAlive()) {
        try {
          other.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Has the programs look at a process that may be in a wait already, at its next system call,
   * begin or end: a wait in which it has been since then is seen to end. Needs what sees waits to
   * be attached. A process that is gone is passed over.
   *
   * @param bias where its binary is loaded
   * @param binary index of that
   * @param running whether it shows that it runs a command, so that a wait for its client is part
   *     of one
   */
  public synchronized void lookFirst(int pid, long bias, int binary, boolean running) {
    NativeBpf.lookFirst(handle, pid, bias, binary, running);
  }

  /**
   * The wait in which a backend is now; empty when it is in none, has gone, or has no level with
   * waits. For the thread that drains: it does not wait for those that attach.
   */
  public Optional<WaitNow> openWait(int pid) {
    return WaitNow.of(NativeBpf.openWait(handle, pid));
  }

  /**
   * Moves the waiting events into a buffer, without waiting for any: those of one backend in the
   * order in which it numbered them, those of several in the order of their times.
   *
   * @param buffer direct, at least 64 KiB; its position is set to 0, its limit to what was filled
   */
  public void drain(ByteBuffer buffer) {
    int bytes = NativeBpf.drain(handle, buffer);
    buffer.position(0).limit(bytes);
  }

  /**
   * Lets the calling thread run before others when the processors are busy: what it does not fetch
   * in time is lost. False where the privilege (CAP_SYS_NICE) is missing.
   */
  public static boolean preferThisThread() {
    return NativeBpf.preferThisThread(READER_NICE);
  }

  /** Losses since loading, by reason: one of the LOSS constants. */
  public synchronized long losses(int reason) {
    return NativeBpf.readCounter(handle, "losses", reason);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      detachAll();
      synchronized (restLock) {
        rest = null;
        NativeBpf.close(handle);
      }
    }
  }

  /** Takes all attachments away; what is in the rings can still be drained. */
  public synchronized void detachAll() {
    release(attachments);
    attachments.clear();
  }
}
