package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The loaded kernel programs. One thread drains, any thread attaches and detaches; closing detaches
 * all.
 */
public final class KernelPrograms implements AutoCloseable {
  /** Events that found the ring buffer full. */
  public static final int LOSS_RING_FULL = 0;

  /** Backends for which the kernel could not allocate state. */
  public static final int LOSS_NO_STATE = 1;

  private static final int READER_NICE = -15;

  private final long handle;
  private final boolean multi;
  private final List<Long> attachments = new ArrayList<>();
  private boolean closed;

  private KernelPrograms(long handle, boolean multi) {
    this.handle = handle;
    this.multi = multi;
  }

  /**
   * Loads the programs into the kernel.
   *
   * @param ringBytes size of the ring buffer, a power of two and a multiple of the page size
   * @throws BpfException when the kernel refuses (no privilege, no BTF, too old)
   */
  public static KernelPrograms load(int ringBytes) {
    NativeLibrary.ensureLoaded();
    byte[] object = NativeLibrary.kernelObject();
    try {
      return new KernelPrograms(NativeBpf.open(object, ringBytes, true), true);
    } catch (BpfException kernelBefore66) {
      try {
        return new KernelPrograms(NativeBpf.open(object, ringBytes, false), false);
      } catch (BpfException e) {
        e.addSuppressed(kernelBefore66);
        throw e;
      }
    }
  }

  /**
   * Whether many places are attached at once (Linux 6.6 and later), which makes detaching quick.
   */
  public boolean attachesManyAtOnce() {
    return multi;
  }

  /** Tells the programs about a binary. Cookies made with {@link #cookie} name it by its index. */
  public synchronized void putBinary(int index, BinaryConfig config) {
    NativeBpf.putMap(handle, "binaries", index, config.toBytes());
  }

  /** Tells the programs where a binary keeps what waits wait for and what errors say. */
  public synchronized void putTargets(int index, TargetConfig config) {
    NativeBpf.putMap(handle, "target_configs", index, config.toBytes());
  }

  /**
   * Sets what is in force for all backends.
   *
   * @param onlyTargets whether only the processes of {@link #addTarget} are traced
   * @param level of each backend that nothing more special is said of
   */
  public synchronized void putRun(boolean onlyTargets, int level) {
    ByteBuffer value = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    value.putInt(onlyTargets ? 1 : 0).putInt(level);
    NativeBpf.putMap(handle, "config", 0, value.array());
  }

  /** Adds a backend, or a server whose backends are meant, by its pid. */
  public synchronized void addTarget(int pid) {
    byte[] one = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(1).array();
    NativeBpf.putMap(handle, "targets", pid, one);
  }

  /** What a probe hands to its program: the function's address in the file, binary and function. */
  public static long cookie(long address, int binary, int function) {
    return address << 24 | (long) (binary & 0xff) << 16 | (function & 0xffff);
  }

  /** Attaches a program to the tracepoint that it names. */
  public synchronized void attachTracepoint(String program) {
    attachments.add(NativeBpf.attachTracepoint(handle, program));
  }

  /**
   * Attaches a program to functions of a file, in all processes that run it.
   *
   * @param path the file; /proc/PID/exe is right even when it was deleted or replaced
   * @param offsets places in the file
   * @param cookies one for each offset
   * @param onReturn at the functions' returns instead of their entries
   * @return names the attachment for {@link #detach}
   */
  public synchronized long attachFunctions(
      String program, String path, long[] offsets, long[] cookies, boolean onReturn) {
    long attachment = NativeBpf.attachUprobes(handle, program, path, offsets, cookies, onReturn, 0);
    attachments.add(attachment);
    return attachment;
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
  public synchronized long watchWaits(int pid, long address) {
    long attachment = NativeBpf.attachWatchpoint(handle, "on_wait_word", pid, address);
    attachments.add(attachment);
    return attachment;
  }

  /** Takes an attachment away. */
  public synchronized void detach(long attachment) {
    if (attachments.remove(attachment)) {
      NativeBpf.detach(attachment);
    }
  }

  /**
   * Moves the waiting events into a buffer, without waiting for any.
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
      NativeBpf.close(handle);
    }
  }

  /** Takes all attachments away; what is in the ring buffer can still be drained. */
  public synchronized void detachAll() {
    attachments.forEach(NativeBpf::detach);
    attachments.clear();
  }
}
