package io.pgstitch.processor.stitch;

import io.pgstitch.schema.RecordsOfTrace;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.List;

/** Takes joined records apart again, as they were put out. */
public final class ApartRecords {
  private ApartRecords() {}

  /** Those of each trace; what was not joined as it is. */
  public static List<TraceRecords> of(TraceRecords joined) {
    if (joined.getTraces().isEmpty()) {
      return List.of(joined);
    }
    List<TraceRecords> apart = new ArrayList<>();
    int at = 0;
    for (RecordsOfTrace trace : joined.getTraces()) {
      int end = at + trace.getRecords();
      apart.add(
          new TraceRecords(
              joined.getBackend(),
              trace.getTraceId(),
              trace.getPart(),
              joined.getSessionStartUtcNs(),
              joined.getRecords().subList(at, end),
              List.of()));
      at = end;
    }
    if (at != joined.getRecords().size()) {
      throw new AssertionError(at + " of " + joined.getRecords().size() + " records have a trace");
    }
    return apart;
  }
}
