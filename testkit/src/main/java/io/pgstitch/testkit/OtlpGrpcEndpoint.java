package io.pgstitch.testkit;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/** OTLP over gRPC. */
final class OtlpGrpcEndpoint implements TraceServiceGrpc.AsyncService, AutoCloseable {
  private static final Context.Key<Map<String, String>> HEADERS = Context.key("headers");
  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private final OtlpInbox inbox;
  private final Server server;

  OtlpGrpcEndpoint(OtlpInbox inbox, int port) throws IOException {
    this.inbox = inbox;
    this.server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .addService(
                ServerInterceptors.intercept(
                    TraceServiceGrpc.bindService(this), new HeaderKeeper()))
            .build()
            .start();
  }

  int port() {
    return server.getPort();
  }

  @Override
  public void export(
      ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> client) {
    try {
      OtlpAnswer answer = inbox.receive(new OtlpRequest("grpc", HEADERS.get(), request));
      switch (answer.kind()) {
        case ACCEPT, PARTIAL -> {
          client.onNext(OtlpResponses.success(answer));
          client.onCompleted();
        }
        case UNAVAILABLE ->
            client.onError(
                Status.UNAVAILABLE.withDescription(answer.message()).asRuntimeException());
        case REJECT ->
            client.onError(
                Status.INVALID_ARGUMENT.withDescription(answer.message()).asRuntimeException());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      client.onError(
          Status.UNAVAILABLE.withDescription("shutting down").withCause(e).asRuntimeException());
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Hands the metadata of a call to the method that serves it. */
  private static final class HeaderKeeper implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
      Map<String, String> headers = new LinkedHashMap<>();
      for (String name : metadata.keys()) {
        if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          headers.put(name, metadata.get(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
        }
      }
      return Contexts.interceptCall(
          Context.current().withValue(HEADERS, headers), call, metadata, next);
    }
  }
}
