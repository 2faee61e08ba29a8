package io.pgstitch.exporter.sink.file;

import io.pgstitch.schema.BufferUsage;

/**
 * The star line behind a call whose blocks p, cr and cu do not tell apart, or which has no such.
 */
final class BlockLine {
  private BlockLine() {}

  /** Begins with a line end; empty for none. Kinds of which no block moved are left out. */
  static String of(int cursor, String call, BufferUsage blocks) {
    if (blocks == null) {
      return "";
    }
    StringBuilder line =
        new StringBuilder("\n*** BLOCKS: #").append(cursor).append(' ').append(call);
    add(line, " shared_hit=", blocks.getSharedHit());
    add(line, " shared_read=", blocks.getSharedRead());
    add(line, " shared_dirtied=", blocks.getSharedDirtied());
    add(line, " shared_written=", blocks.getSharedWritten());
    add(line, " local_hit=", blocks.getLocalHit());
    add(line, " local_read=", blocks.getLocalRead());
    add(line, " local_dirtied=", blocks.getLocalDirtied());
    add(line, " local_written=", blocks.getLocalWritten());
    add(line, " temp_read=", blocks.getTempRead());
    add(line, " temp_written=", blocks.getTempWritten());
    return line.toString();
  }

  private static void add(StringBuilder to, String key, long blocks) {
    if (blocks != 0) {
      to.append(key).append(blocks);
    }
  }
}
