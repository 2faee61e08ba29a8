package io.pgstitch.collector.bind;

import java.nio.ByteBuffer;

/**
 * Prints a value of one data type as the server's output function does (DateStyle ISO,
 * IntervalStyle postgres, TimeZone UTC, extra_float_digits 1).
 */
interface ValueFormat {
  /**
   * @param value the bytes between position and limit, little-endian, as they lie in the server's
   *     memory; without a varlena's header
   * @throws UndecodableException for a value that has another form than the type's
   * @throws java.nio.BufferUnderflowException for a value that ends too early
   */
  String print(ByteBuffer value) throws UndecodableException;
}
