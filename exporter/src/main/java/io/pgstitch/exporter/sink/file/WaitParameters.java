package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.IoTarget;
import io.pgstitch.schema.LockTarget;
import io.pgstitch.schema.WaitLine;

/**
 * The three integer parameters of a WAIT line.
 *
 * <p>Files of relations have {@code file# block# blocks}: the relfilenode, the block in the fork
 * and how many, 0 where the call names no place or moves none; other files, and those that are not
 * known, {@code fd offset bytes}; the client {@code driver id}, which is the socket's descriptor,
 * and {@code #bytes}; heavyweight locks {@code name|mode}, the tag type in the upper and the mode
 * in the lower sixteen bits, and the first two fields of the lock tag; all else three zeros.
 */
final class WaitParameters {

  private static final int BLOCK_BYTES = 8192;
  private static final int TAG_TYPE_SHIFT = 16;

  private WaitParameters() {}

  static String of(WaitLine wait) {
    Object target = wait.getTarget();
    if (target instanceof LockTarget lock) {
      return three(
          "name|mode",
          ((long) lock.getTagType() << TAG_TYPE_SHIFT) | lock.getMode(),
          "field1",
          lock.getField1(),
          "field2",
          lock.getField2());
    }
    if (target instanceof IoTarget io) {
      return io(wait, io);
    }
    return three("p1", 0, "p2", 0, "p3", 0);
  }

  private static String io(WaitLine wait, IoTarget io) {
    if (wait.getEventClass().equals("Client")) {
      return three("driver id", io.getFileDescriptor(), "#bytes", io.getBytes(), "p3", 0);
    }
    if (io.getRelfilenode() > 0) {
      return three(
          "file#",
          io.getRelfilenode(),
          "block#",
          Math.max(0, io.getBlock()),
          "blocks",
          Math.max(0, io.getBytes()) / BLOCK_BYTES);
    }
    return three("fd", io.getFileDescriptor(), "offset", io.getOffset(), "bytes", io.getBytes());
  }

  private static String three(String k1, long v1, String k2, long v2, String k3, long v3) {
    return k1 + "=" + v1 + " " + k2 + "=" + v2 + " " + k3 + "=" + v3;
  }
}
