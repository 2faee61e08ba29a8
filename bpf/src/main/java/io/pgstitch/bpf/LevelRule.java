package io.pgstitch.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The level of backends that are not to have the default one: {@code struct rule_key} of orders.h.
 * A rule for a pid wins over one for a role, that over one for a database, that over one for a
 * port.
 *
 * @param kind what is named
 * @param number pid or port, otherwise 0
 * @param name role or database, at most 63 bytes; otherwise empty
 * @param level bits of {@link Levels}; of a pid {@link Levels#OWN} is always among them
 * @param startTicks of a pid: ticks of 10 ms from boot to the start of the process that is meant; 0
 *     for whichever has the pid
 */
public record LevelRule(Kind kind, int number, String name, int level, long startTicks) {
  private static final int NAME_BYTES = 64;

  public LevelRule {
    if (kind == Kind.PID) {
      level |= Levels.OWN;
    }
  }

  /** In the order of {@code enum rule_kind}. */
  public enum Kind {
    PID,
    ROLE,
    DATABASE,
    PORT
  }

  /** For a backend by its pid, or all of a server by its port. */
  public LevelRule(Kind kind, int number, int level) {
    this(kind, number, "", level, 0);
  }

  /** For all backends of a role or database. */
  public LevelRule(Kind kind, String name, int level) {
    this(kind, 0, name, level, 0);
  }

  /** The same for a process and no other that gets its pid. */
  public LevelRule ofProcessStartedAt(long ticks) {
    return new LevelRule(kind, number, name, level, ticks);
  }

  byte[] key() {
    return key(kind, number, name);
  }

  static byte[] key(Kind kind, int number, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= NAME_BYTES) {
      throw new IllegalArgumentException("'" + name + "' is longer than PostgreSQL's names can be");
    }
    ByteBuffer key = ByteBuffer.allocate(8 + NAME_BYTES).order(ByteOrder.nativeOrder());
    return key.putInt(kind.ordinal()).putInt(number).put(bytes).array();
  }
}
