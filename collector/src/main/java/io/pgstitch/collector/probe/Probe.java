package io.pgstitch.collector.probe;

/**
 * A row of the probe catalogue.
 *
 * @param symbol function of the server
 * @param entryProgram kernel program at its entry, null for none
 * @param returnProgram kernel program at its return, null for none
 * @param tier when it is attached
 * @param need "required", "optional", "static", or "one-of:GROUP"
 */
public record Probe(
    String symbol, String entryProgram, String returnProgram, Tier tier, String need) {

  /** Which wish brings a probe. */
  public enum Tier {
    /** Always: where statements begin and end. */
    STATEMENT,
    /** From level 8. */
    WAIT,
    /** Spans inside a statement. */
    PHASE,
    /** The detailed tier, on request. */
    FUNCTION,
    /** A function that the user named. */
    NAMED;

    /** Whether its functions only add spans, so that any of them may be missing. */
    boolean isDetail() {
      return this == FUNCTION || this == NAMED;
    }
  }

  /** Whether the function is not exported by any server. */
  boolean isStatic() {
    return need.equals("static");
  }
}
