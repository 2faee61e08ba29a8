package io.pgstitch.collector.encode;

import io.pgstitch.bpf.WaitRecord;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The file of an IO wait, told from the names that lead to it: PostgreSQL's relpath.c makes {@code
 * base/DATABASE/NUMBER}, {@code global/NUMBER} and, in the directory of a tablespace, {@code
 * PG_MAJOR_CATALOG/DATABASE/NUMBER}, the number with a fork and a segment behind it.
 *
 * @param tablespace OID, 0 unknown
 * @param database OID, 0 none
 * @param backend whose temporary relation, -1 of a permanent one
 * @param relfilenode 0 when it is no relation's file
 * @param fork main, fsm, vm, init; empty when it is no relation's file
 * @param segment which GB of the fork
 * @param path below the data directory, or ".../" and the last names
 */
record WaitFile(
    long tablespace,
    long database,
    int backend,
    long relfilenode,
    String fork,
    long segment,
    String path) {

  static final int PERMANENT = RelationFileName.PERMANENT;
  private static final long DEFAULT_TABLESPACE = 1663;
  private static final long GLOBAL_TABLESPACE = 1664;
  static final int BLOCK_BYTES = 8192;
  private static final long BLOCKS_PER_SEGMENT = 131_072;
  private static final List<String> FORKS = List.of("main", "fsm", "vm", "init");
  private static final String TABLESPACE_VERSION = "PG_";
  private static final int CATALOG_DIGITS = 9;

  /** The file that a WAIT record names. */
  static WaitFile of(WaitRecord wait) {
    return of(
        wait.fileDepth(),
        text(wait.fileName()),
        text(wait.fileParent()),
        text(wait.fileGrandparent()));
  }

  /**
   * Tells what a file is.
   *
   * @param depth names below the data directory, 0 when it lies elsewhere or deeper
   */
  static WaitFile of(int depth, String name, String parent, String grandparent) {
    String path = path(depth, name, parent, grandparent);
    RelationFileName relation = RelationFileName.parse(name);
    if (relation != null) {
      if (depth == 2 && parent.equals("global")) {
        return relation(GLOBAL_TABLESPACE, 0, relation, path);
      }
      long database = RelationFileName.oid(parent);
      if (depth == 3 && grandparent.equals("base") && database >= 0) {
        return relation(DEFAULT_TABLESPACE, database, relation, path);
      }
      if (depth == 0 && isOfTablespace(grandparent) && database >= 0) {
        return relation(0, database, relation, path);
      }
    }
    return new WaitFile(0, 0, PERMANENT, 0, "", 0, path);
  }

  /** Whether a directory is one that a major made in a tablespace: PG_18_202506291. */
  private static boolean isOfTablespace(String directory) {
    int major = TABLESPACE_VERSION.length();
    int end = RelationFileName.endOfDigits(directory, major);
    int last = RelationFileName.endOfDigits(directory, Math.min(end + 1, directory.length()));
    return directory.startsWith(TABLESPACE_VERSION)
        && end > major
        && directory.startsWith("_", end)
        && last == directory.length()
        && last - end - 1 == CATALOG_DIGITS;
  }

  /** Of a ForkNumber, as common/relpath.h numbers them. */
  static String forkName(int number) {
    return FORKS.get(number);
  }

  private static WaitFile relation(
      long tablespace, long database, RelationFileName name, String path) {
    return new WaitFile(
        tablespace, database, name.backend(), name.number(), name.fork(), name.segment(), path);
  }

  /** Number in the fork of the block at an offset of this file, -1 for none. */
  long block(long offset) {
    return relfilenode == 0 || offset < 0 || offset % BLOCK_BYTES != 0
        ? -1
        : segment * BLOCKS_PER_SEGMENT + offset / BLOCK_BYTES;
  }

  private static String path(int depth, String name, String parent, String grandparent) {
    return switch (depth) {
      case 1 -> name;
      case 2 -> parent + "/" + name;
      case 3 -> grandparent + "/" + parent + "/" + name;
      default -> ".../" + grandparent + "/" + parent + "/" + name;
    };
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
