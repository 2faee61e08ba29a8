package io.pgstitch.bpf;

import java.nio.ByteBuffer;

/**
 * The native methods of the loader (src/main/c/loader); {@link KernelPrograms} is their only user.
 */
final class NativeBpf {
  private NativeBpf() {}

  /** {@code first}: names of the programs that are loaded, each between commas; null: all. */
  static native long open(byte[] object, int ringBytes, boolean multi, String first);

  static native void openRest(long handle, byte[] object, String first);

  static native void close(long handle);

  static native void putMap(long handle, String map, int key, byte[] value);

  static native void putEntry(long handle, String map, byte[] key, byte[] value);

  static native int countRuns();

  static native void stopCounting(int descriptor);

  static native long verifiedInstructions(long handle);

  static native String functionRuns(long handle);

  static native long readCounter(long handle, String map, int key);

  static native long[] openWait(long handle, int pid);

  static native void lookFirst(long handle, int pid, long bias, int binary, boolean running);

  static native long attachTracepoint(long handle, String program);

  static native long attachUprobes(
      long handle,
      String program,
      String path,
      long[] offsets,
      long[] cookies,
      boolean onReturn,
      int pid);

  static native long attachWatchpoint(long handle, String program, int pid, long address);

  static native void detach(long attachment);

  static native int drain(long handle, ByteBuffer buffer);

  static native boolean sleep(long handle, int mostMillis);

  static native void wake(long handle);

  static native boolean preferThisThread(int nice);

  static native long clock(int clock);
}
