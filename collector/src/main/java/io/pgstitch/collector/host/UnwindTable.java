package io.pgstitch.collector.host;

import java.nio.ByteBuffer;

/**
 * The table by which unwinders find the function that holds an address (section .eh_frame_hdr, as
 * the Linux Standard Base describes it).
 */
final class UnwindTable {
  private static final int HEADER = 12;

  private final ByteBuffer table;
  private final long address;

  /**
   * @param table the section's content, little-endian
   * @param address at which the section is loaded
   */
  UnwindTable(ByteBuffer table, long address) {
    this.table = table;
    this.address = address;
  }

  /**
   * Whether a function begins at an address. True too when this is no table that can be searched.
   */
  boolean mayBegin(long function) {
    return !isSearchable() || has(function - address);
  }

  /** Version 1, count as udata4, sdata4 pairs relative to the header, sorted by address. */
  private boolean isSearchable() {
    return table.limit() >= HEADER
        && table.get(0) == 1
        && table.get(2) == 0x03
        && table.get(3) == 0x3b
        && (table.get(1) & 7) == 3;
  }

  private boolean has(long wanted) {
    int low = 0;
    int high = Math.min(table.getInt(8), (table.limit() - HEADER) / 8) - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int at = table.getInt(HEADER + middle * 8);
      if (at == wanted) {
        return true;
      }
      if (at < wanted) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return false;
  }
}
