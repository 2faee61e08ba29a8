package io.pgstitch.collector.probe;

/**
 * A row of the probe catalogue.
 *
 * @param symbol function of the server
 * @param entryProgram kernel program at its entry, null for none
 * @param returnProgram kernel program at its return, null for none
 * @param tier when it is attached
 * @param need "required", "optional", or "one-of:GROUP"
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
    FUNCTION
  }
}
