package io.pgstitch.collector.probe;

import io.pgstitch.bpf.Detail;
import io.pgstitch.bpf.Levels;
import java.util.EnumSet;

/**
 * A row of the probe catalogue.
 *
 * @param symbol function of the server
 * @param entryProgram kernel program at its entry, null for none
 * @param returnProgram kernel program at its return, null for none
 * @param tier when it is attached
 * @param need "required", "unless-read", "optional", "static", "one-of:GROUP" or "first-of:GROUP"
 */
public record Probe(
    String symbol, String entryProgram, String returnProgram, Tier tier, String need) {

  /** Which wish brings a probe. */
  public enum Tier {
    /** Always: where settings are made. */
    CONTROL(0),
    /** Where the default level is 0: what otherwise shows by the statements themselves. */
    QUIET(0),
    /** From level 1: where statements begin and end. */
    BASIC(0),
    /** Levels beyond 1: what few statements reach, and waits and binds need. */
    RARE(0),
    /**
     * Levels beyond 1 where calls are wanted, and those that ask for all: portals, transactions.
     */
    DETAIL(1),
    /** Levels beyond 1 where phases are wanted, and those that ask for all. */
    PHASE(3),
    /** In the catalogue alone: a row in place of the function's detailed one, without phases. */
    LEAN(1),
    /** The detailed functions of the catalogue, on request. */
    FUNCTION(2),
    /** A function that the user named: at every level that traces. */
    NAMED(0);

    private final int inCookie;

    Tier(int inCookie) {
      this.inCookie = inCookie;
    }

    /** How the kernel programs tell whether a level asks for it. */
    int inCookie() {
      return inCookie;
    }

    /**
     * The tiers that trace at a level.
     *
     * @param level bits of {@link Levels}
     * @param detail what levels 4, 8 and 12 see of a statement
     */
    public static EnumSet<Tier> ofLevel(int level, Detail detail) {
      EnumSet<Tier> tiers = EnumSet.noneOf(Tier.class);
      if ((level & Levels.TRACE) != 0) {
        tiers.add(BASIC);
        if ((level & Levels.DETAIL) != 0) {
          tiers.add(RARE);
          Detail seen = detail.at(level);
          if (seen != Detail.STATEMENTS) {
            tiers.add(DETAIL);
          }
          if (seen == Detail.PHASES) {
            tiers.add(PHASE);
          }
        }
        if ((level & Levels.FUNCTIONS) != 0) {
          tiers.add(FUNCTION);
        }
      }
      return tiers;
    }

    /** What is planted for all processes when this level is the default one. */
    public static EnumSet<Tier> ofDefaultLevel(int level, Detail detail) {
      EnumSet<Tier> tiers = ofLevel(level, detail);
      tiers.add(CONTROL);
      if (!tiers.contains(BASIC)) {
        tiers.add(QUIET);
      }
      return tiers;
    }

    /** Whether its functions only add spans, so that any of them may be missing. */
    boolean isDetail() {
      return this == FUNCTION || this == NAMED;
    }
  }

  /** The same row in another tier. */
  Probe in(Tier other) {
    return new Probe(symbol, entryProgram, returnProgram, other, need);
  }

  /** Whether the function is not exported by any server. */
  boolean isStatic() {
    return need.equals("static");
  }
}
