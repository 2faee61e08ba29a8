package io.pgstitch.testkit;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.util.Map;

/**
 * One request that an {@link OtlpReceiver} took.
 *
 * @param transport {@code grpc} or {@code http/protobuf}
 * @param headers HTTP headers or gRPC metadata, names in lower case
 * @param body the message
 */
public record OtlpRequest(
    String transport, Map<String, String> headers, ExportTraceServiceRequest body) {}
