package io.pgstitch.bpf;

/**
 * The maps by which the programs are told something. Any thread writes to them, until the programs
 * are closed.
 */
final class KernelMaps {
  private final long handle;
  private boolean closed;

  KernelMaps(long handle) {
    this.handle = handle;
  }

  synchronized void put(String map, int key, byte[] value) {
    requireOpen();
    NativeBpf.putMap(handle, map, key, value);
  }

  synchronized void put(String map, byte[] key, byte[] value) {
    requireOpen();
    NativeBpf.putEntry(handle, map, key, value);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the kernel programs are closed");
    }
  }

  /** Returns when nobody writes any more. */
  synchronized void close() {
    closed = true;
  }
}
