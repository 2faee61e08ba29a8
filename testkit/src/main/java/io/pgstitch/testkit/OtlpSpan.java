package io.pgstitch.testkit;

import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.ArrayList;
import java.util.List;

/** A received span with the resource and scope it came under. */
public record OtlpSpan(Resource resource, InstrumentationScope scope, Span span) {

  static List<OtlpSpan> of(OtlpRequest request) {
    List<OtlpSpan> spans = new ArrayList<>();
    for (ResourceSpans ofResource : request.body().getResourceSpansList()) {
      for (ScopeSpans ofScope : ofResource.getScopeSpansList()) {
        for (Span span : ofScope.getSpansList()) {
          spans.add(new OtlpSpan(ofResource.getResource(), ofScope.getScope(), span));
        }
      }
    }
    return spans;
  }
}
