package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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
  private static final int PREFERRED_NICE = -15;

  private final long handle;
  private final boolean multi;
  private final Attachments attachments = new Attachments();
  private final KernelMaps maps;
  private final BinaryMaps binaries;
  private final TraceSwitches switches;
  private boolean closed;

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
    this.maps = new KernelMaps(handle);
    this.binaries = new BinaryMaps(maps);
    this.switches = new TraceSwitches(maps);
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

  /** What is told of binaries. */
  public BinaryMaps binaries() {
    return binaries;
  }

  /** What is told of levels. */
  public TraceSwitches switches() {
    return switches;
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
    return new RunCounts(NativeBpf.countRuns(), this::functionRuns);
  }

  private synchronized String functionRuns() {
    return NativeBpf.functionRuns(handle);
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
      return attachments.add(NativeBpf.attachTracepoint(handle, program));
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
      return attachments.add(
          NativeBpf.attachUprobes(handle, program, path, offsets, cookies, onReturn, pid));
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
      return attachments.add(NativeBpf.attachWatchpoint(handle, WATCHPOINT, pid, address));
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
    attachments.detach(some);
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
   * Waits until an event comes, {@link #wake} is called, or a time has passed. For the thread that
   * drains, when nothing has come for a while: the server pays some microseconds for the event that
   * wakes it.
   *
   * @param most rounded up to milliseconds; at least one
   * @return false when the time has passed; true when there is an event, one that a backend has not
   *     finished yet, or another reason to look
   */
  public boolean sleep(Duration most) {
    return NativeBpf.sleep(
        handle, Math.toIntExact(Math.max(most.plusNanos(999_999).toMillis(), 1)));
  }

  /** Ends {@link #sleep}, or the next one when nobody sleeps now. */
  public synchronized void wake() {
    if (!closed) {
      NativeBpf.wake(handle);
    }
  }

  /**
   * Lets the calling thread run before others when the processors are busy: that which fetches
   * events, as what it does not fetch in time is lost, and that for which a start waits. False
   * where the privilege (CAP_SYS_NICE) is missing.
   */
  public static boolean preferThisThread() {
    NativeLibrary.ensureLoaded();
    return NativeBpf.preferThisThread(PREFERRED_NICE);
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
        maps.close();
        NativeBpf.close(handle);
      }
    }
  }

  /** Takes all attachments away; what is in the rings can still be drained. */
  public synchronized void detachAll() {
    attachments.detachAll();
  }
}
