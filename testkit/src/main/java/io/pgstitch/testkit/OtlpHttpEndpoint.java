package io.pgstitch.testkit;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.Code;
import com.google.rpc.Status;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;

/** OTLP over HTTP with protobuf bodies, plain or gzip, at {@code /v1/traces}. */
final class OtlpHttpEndpoint implements AutoCloseable {
  private final OtlpInbox inbox;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  OtlpHttpEndpoint(OtlpInbox inbox, int port) throws IOException {
    this.inbox = inbox;
    // Header and body go out in two writes; with Nagle's algorithm the client's delayed ACK would
    // cost 40 ms a request.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    this.server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/v1/traces", this::serve);
    server.setExecutor(threads);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String type = exchange.getRequestHeaders().getFirst("Content-Type");
      if (!exchange.getRequestMethod().equals("POST") || !"application/x-protobuf".equals(type)) {
        refuse(exchange, 415, Code.INVALID_ARGUMENT, "POST application/x-protobuf, not " + type);
        return;
      }
      receive(exchange);
    }
  }

  private void receive(HttpExchange exchange) throws IOException {
    try {
      answer(
          exchange,
          inbox.receive(new OtlpRequest("http/protobuf", headers(exchange), body(exchange))));
    } catch (InvalidProtocolBufferException e) {
      refuse(exchange, 400, Code.INVALID_ARGUMENT, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("shutting down", e);
    }
  }

  private static void answer(HttpExchange exchange, OtlpAnswer answer) throws IOException {
    switch (answer.kind()) {
      case ACCEPT, PARTIAL -> send(exchange, 200, OtlpResponses.success(answer).toByteArray());
      case UNAVAILABLE -> {
        if (!answer.retryAfter().isZero()) {
          exchange
              .getResponseHeaders()
              .set("Retry-After", Long.toString(answer.retryAfter().toSeconds()));
        }
        refuse(exchange, 503, Code.UNAVAILABLE, answer.message());
      }
      case REJECT -> refuse(exchange, 400, Code.INVALID_ARGUMENT, answer.message());
    }
  }

  private static void refuse(HttpExchange exchange, int httpStatus, Code code, String message)
      throws IOException {
    Status status = Status.newBuilder().setCode(code.getNumber()).setMessage(message).build();
    send(exchange, httpStatus, status.toByteArray());
  }

  private static void send(HttpExchange exchange, int httpStatus, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
    exchange.sendResponseHeaders(httpStatus, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private static ExportTraceServiceRequest body(HttpExchange exchange) throws IOException {
    boolean gzip = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
    try (InputStream raw = exchange.getRequestBody();
        InputStream plain = gzip ? new GZIPInputStream(raw) : raw) {
      return ExportTraceServiceRequest.parseFrom(plain);
    }
  }

  private static Map<String, String> headers(HttpExchange exchange) {
    Map<String, String> headers = new LinkedHashMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
    return headers;
  }
}
