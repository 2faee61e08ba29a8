package io.pgstitch.exporter.sink.file;

import java.util.Map;

/** Oracle's command codes ({@code oct}) for PostgreSQL's command tags. */
final class CommandCodes {

  private static final int UNKNOWN = 0;

  private static final Map<String, Integer> BY_TAG =
      Map.ofEntries(
          Map.entry("CREATE TABLE", 1),
          Map.entry("CREATE TABLE AS", 1),
          Map.entry("SELECT INTO", 1),
          Map.entry("INSERT", 2),
          Map.entry("SELECT", 3),
          Map.entry("FETCH", 3),
          Map.entry("UPDATE", 6),
          Map.entry("DELETE", 7),
          Map.entry("CREATE INDEX", 9),
          Map.entry("DROP INDEX", 10),
          Map.entry("ALTER INDEX", 11),
          Map.entry("DROP TABLE", 12),
          Map.entry("CREATE SEQUENCE", 13),
          Map.entry("ALTER SEQUENCE", 14),
          Map.entry("ALTER TABLE", 15),
          Map.entry("DROP SEQUENCE", 16),
          Map.entry("GRANT", 17),
          Map.entry("REVOKE", 18),
          Map.entry("CREATE VIEW", 21),
          Map.entry("DROP VIEW", 22),
          Map.entry("CREATE PROCEDURE", 24),
          Map.entry("LOCK TABLE", 26),
          Map.entry("COMMENT", 29),
          Map.entry("SET", 42),
          Map.entry("RESET", 42),
          Map.entry("COMMIT", 44),
          Map.entry("ROLLBACK", 45),
          Map.entry("SAVEPOINT", 46),
          Map.entry("DO", 47),
          Map.entry("EXPLAIN", 50),
          Map.entry("CREATE TRIGGER", 59),
          Map.entry("ANALYZE", 62),
          Map.entry("TRUNCATE TABLE", 85),
          Map.entry("CREATE FUNCTION", 91),
          Map.entry("CALL", 170),
          Map.entry("MERGE", 189));

  private CommandCodes() {}

  /** The code, 0 where Oracle has no such command or the tag is empty. */
  static int of(String commandTag) {
    return BY_TAG.getOrDefault(commandTag, UNKNOWN);
  }
}
