package io.pgstitch.testkit;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;

/**
 * An OTLP backend for traces built on the official protobufs: gRPC on one free port of 127.0.0.1,
 * HTTP with protobuf on another. Keeps what it accepts and answers as it is told.
 */
public final class OtlpReceiver implements AutoCloseable {
  private final OtlpInbox inbox;
  private final OtlpGrpcEndpoint grpc;
  private final OtlpHttpEndpoint http;

  private OtlpReceiver(OtlpInbox inbox, OtlpGrpcEndpoint grpc, OtlpHttpEndpoint http) {
    this.inbox = inbox;
    this.grpc = grpc;
    this.http = http;
  }

  /** Starts a receiver that accepts everything. */
  public static OtlpReceiver start() {
    return start(0, 0);
  }

  /**
   * Starts a receiver on given ports, as when a backend comes back; 0 means a free one.
   *
   * @throws UncheckedIOException if a port is taken
   */
  public static OtlpReceiver start(int grpcPort, int httpPort) {
    OtlpInbox inbox = new OtlpInbox();
    OtlpGrpcEndpoint grpc = null;
    try {
      grpc = new OtlpGrpcEndpoint(inbox, grpcPort);
      return new OtlpReceiver(inbox, grpc, new OtlpHttpEndpoint(inbox, httpPort));
    } catch (IOException e) {
      if (grpc != null) {
        grpc.close();
      }
      throw new UncheckedIOException(
          "the OTLP receiver cannot listen on " + grpcPort + " and " + httpPort, e);
    }
  }

  /** For {@code OTEL_EXPORTER_OTLP_ENDPOINT} with protocol {@code grpc}. */
  public String grpcEndpoint() {
    return "http://127.0.0.1:" + grpc.port();
  }

  /**
   * For {@code OTEL_EXPORTER_OTLP_ENDPOINT} with protocol {@code http/protobuf}; {@code /v1/traces}
   * goes behind it.
   */
  public String httpEndpoint() {
    return "http://127.0.0.1:" + http.port();
  }

  /**
   * The next {@code times} requests get this answer, after those already planned; then the usual
   * one again.
   */
  public void answerNext(int times, OtlpAnswer answer) {
    inbox.plan(times, answer);
  }

  /** From now on every request gets this answer; forgets what was planned. */
  public void answerAlways(OtlpAnswer answer) {
    inbox.planAlways(answer);
  }

  /** The messages accepted so far, in the order they came. */
  public List<ExportTraceServiceRequest> requests() {
    return inbox.requests().stream().map(OtlpRequest::body).toList();
  }

  /** The accepted messages with transport and headers. */
  public List<OtlpRequest> requestsWithHeaders() {
    return inbox.requests();
  }

  /** All spans of the accepted requests, in the order they came. */
  public List<OtlpSpan> spans() {
    return inbox.requests().stream().flatMap(request -> OtlpSpan.of(request).stream()).toList();
  }

  /** How many requests were answered with an error as told. */
  public int refusedRequests() {
    return inbox.refused();
  }

  /**
   * Waits until at least {@code count} spans were accepted or {@code limit} is over, and returns
   * all there are.
   */
  public List<OtlpSpan> awaitSpans(int count, Duration limit) throws InterruptedException {
    inbox.awaitSpans(count, limit);
    return spans();
  }

  /** Stops both servers; open requests fail. */
  @Override
  public void close() {
    grpc.close();
    http.close();
  }
}
