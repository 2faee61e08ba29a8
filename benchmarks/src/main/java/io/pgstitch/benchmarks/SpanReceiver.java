package io.pgstitch.benchmarks;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;

/** An OTLP receiver (gRPC) on this host that tells of every span when it came, and keeps none. */
final class SpanReceiver implements AutoCloseable {
  private static final int MOST_BYTES = 64 << 20;

  /** Hears of spans; calls may come from several threads. */
  interface Listener {
    /**
     * A request came.
     *
     * @param receivedUtcNanos when it was there
     */
    void received(ExportTraceServiceRequest request, long receivedUtcNanos);
  }

  private final Server server;

  private SpanReceiver(Server server) {
    this.server = server;
  }

  static SpanReceiver start(Listener listener) {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .maxInboundMessageSize(MOST_BYTES)
            .addService(
                new TraceServiceGrpc.TraceServiceImplBase() {
                  @Override
                  public void export(
                      ExportTraceServiceRequest request,
                      StreamObserver<ExportTraceServiceResponse> answer) {
                    Instant now = Instant.now();
                    listener.received(
                        request, now.getEpochSecond() * 1_000_000_000L + now.getNano());
                    answer.onNext(ExportTraceServiceResponse.getDefaultInstance());
                    answer.onCompleted();
                  }
                })
            .build();
    try {
      return new SpanReceiver(server.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getPort();
  }

  /** Spans of a request. */
  static long spans(ExportTraceServiceRequest request) {
    return request.getResourceSpansList().stream()
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .mapToLong(scope -> scope.getSpansCount())
        .sum();
  }

  /** Whether it is the span of a statement as a whole. */
  static boolean isRoot(Span span) {
    return span.getParentSpanId().isEmpty();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
