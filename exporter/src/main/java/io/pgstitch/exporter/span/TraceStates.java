package io.pgstitch.exporter.span;

import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.TraceStateBuilder;
import io.pgstitch.schema.QueryTrace;

/** Reads W3C Trace Context's {@code tracestate}; members that are not valid are left out. */
final class TraceStates {

  private TraceStates() {}

  static TraceState of(QueryTrace trace) {
    String text = trace.getTracestate();
    if (text.isEmpty()) {
      return TraceState.getDefault();
    }
    TraceStateBuilder state = TraceState.builder();
    String[] members = text.split(",", -1);
    // The builder puts each in front of those before it.
    for (int i = members.length - 1; i >= 0; i--) {
      int equals = members[i].indexOf('=');
      if (equals > 0) {
        state.put(
            members[i].substring(0, equals).strip(), members[i].substring(equals + 1).strip());
      }
    }
    return state.build();
  }
}
