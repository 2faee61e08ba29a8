package io.pgstitch.collector.encode;

import java.util.List;

/**
 * Name of a relation's file, as PostgreSQL's relpath.c makes it: {@code
 * [tBACKEND_]NUMBER[_FORK][.SEGMENT]}.
 *
 * @param backend whose temporary relation, -1 of a permanent one
 * @param number relfilenode
 * @param fork main, fsm, vm, init
 * @param segment which GB of the fork
 */
record RelationFileName(int backend, long number, String fork, long segment) {
  static final int PERMANENT = -1;
  private static final String MAIN = "main";
  private static final List<String> SUFFIXES = List.of("fsm", "vm", "init");
  private static final int MOST_BACKEND = 9;
  private static final int MOST_NUMBER = 10;
  private static final int MOST_SEGMENT = 6;

  /** What a name says, null when it is none of a relation's file. */
  static RelationFileName parse(String name) {
    int at = 0;
    int backend = PERMANENT;
    if (name.startsWith("t")) {
      int end = endOfDigits(name, 1);
      if (!isNumber(1, end, MOST_BACKEND) || !name.startsWith("_", end)) {
        return null;
      }
      backend = Integer.parseInt(name, 1, end, 10);
      at = end + 1;
    }
    int end = endOfDigits(name, at);
    if (!isNumber(at, end, MOST_NUMBER)) {
      return null;
    }
    long number = Long.parseLong(name, at, end, 10);
    String fork = MAIN;
    if (name.startsWith("_", end)) {
      fork = suffix(name, end + 1);
      if (fork == null) {
        return null;
      }
      end += 1 + fork.length();
    }
    long segment = 0;
    if (name.startsWith(".", end)) {
      int last = endOfDigits(name, end + 1);
      if (!isNumber(end + 1, last, MOST_SEGMENT)) {
        return null;
      }
      segment = Long.parseLong(name, end + 1, last, 10);
      end = last;
    }
    return end == name.length() ? new RelationFileName(backend, number, fork, segment) : null;
  }

  /** An OID as the name of a directory; -1 when it is none. */
  static long oid(String name) {
    int end = endOfDigits(name, 0);
    return end == name.length() && isNumber(0, end, MOST_NUMBER) ? Long.parseLong(name) : -1;
  }

  private static String suffix(String name, int at) {
    for (String suffix : SUFFIXES) {
      if (name.startsWith(suffix, at)) {
        return suffix;
      }
    }
    return null;
  }

  private static boolean isNumber(int from, int end, int mostDigits) {
    return end > from && end - from <= mostDigits;
  }

  /** Where the ASCII digits end that begin here. */
  static int endOfDigits(String name, int from) {
    int end = from;
    while (end < name.length() && name.charAt(end) >= '0' && name.charAt(end) <= '9') {
      end++;
    }
    return end;
  }
}
