package io.pgstitch.exporter.durable;

import java.util.Arrays;

/**
 * Bytes for the end of a file.
 *
 * @param file name of the file inside the directory
 * @param preamble bytes that come first when the file is empty
 * @param bytes what to append
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere; a copy per batch would be waste
public record Append(String file, byte[] preamble, byte[] bytes) {

  /** The preamble and the bytes for a file that is empty, else the bytes alone. */
  byte[] at(long position) {
    if (position > 0 || preamble.length == 0) {
      return bytes;
    }
    byte[] all = Arrays.copyOf(preamble, preamble.length + bytes.length);
    System.arraycopy(bytes, 0, all, preamble.length, bytes.length);
    return all;
  }
}
