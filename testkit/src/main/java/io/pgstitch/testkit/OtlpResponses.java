package io.pgstitch.testkit;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;

/** The protobuf bodies of answers. */
final class OtlpResponses {
  private OtlpResponses() {}

  static ExportTraceServiceResponse success(OtlpAnswer answer) {
    ExportTraceServiceResponse.Builder response = ExportTraceServiceResponse.newBuilder();
    if (answer.kind() == OtlpAnswer.Kind.PARTIAL) {
      response
          .getPartialSuccessBuilder()
          .setRejectedSpans(answer.rejectedSpans())
          .setErrorMessage(answer.message());
    }
    return response.build();
  }
}
