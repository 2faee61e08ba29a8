package io.pgstitch.exporter.span;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.pgstitch.schema.LockHolderLink;
import io.pgstitch.schema.Span;
import java.util.List;

/**
 * Links of a wait for a lock to the statements that held it: to the root span, in the trace in
 * which it is exported. Holders without such a trace are in the attributes of the wait alone.
 */
final class SpanLinks {
  private SpanLinks() {}

  static List<LinkData> of(Span span) {
    if (span.getLockHolders() == null) {
      return List.of();
    }
    return span.getLockHolders().stream()
        .filter(holder -> !holder.getExportedTraceId().isEmpty())
        .map(SpanLinks::link)
        .toList();
  }

  private static LinkData link(LockHolderLink holder) {
    return LinkData.create(
        SpanContext.createFromRemoteParent(
            holder.getExportedTraceId(),
            holder.getSpanId(),
            TraceFlags.getSampled(),
            TraceState.getDefault()),
        Attributes.builder()
            .put("pgstitch.link", "lock_holder")
            .put("pgstitch.lock.holder.pid", holder.getPid())
            .put("pgstitch.lock.holder.trace_id", holder.getTraceId())
            .put("pgstitch.link.confirmed", holder.getConfirmed())
            .put("pgstitch.link.maybe_left_out", holder.getMayBeLeftOut())
            .build());
  }
}
