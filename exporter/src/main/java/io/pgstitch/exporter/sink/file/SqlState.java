package io.pgstitch.exporter.sink.file;

/** PostgreSQL's packed form of an SQLSTATE, as {@code MAKE_SQLSTATE} of utils/elog.h makes it. */
final class SqlState {

  private static final int LENGTH = 5;
  private static final int BITS_PER_CHARACTER = 6;

  private SqlState() {}

  /**
   * Packs five characters into thirty bits, the first lowest.
   *
   * @return the integer, or 0 for what is not an SQLSTATE
   */
  static int pack(String state) {
    if (state.length() != LENGTH) {
      return 0;
    }
    int packed = 0;
    for (int i = 0; i < LENGTH; i++) {
      packed |= ((state.charAt(i) - '0') & 0x3F) << (BITS_PER_CHARACTER * i);
    }
    return packed;
  }
}
