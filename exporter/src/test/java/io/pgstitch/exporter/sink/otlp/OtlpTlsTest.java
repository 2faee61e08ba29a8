package io.pgstitch.exporter.sink.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Grpc;
import io.grpc.Server;
import io.grpc.TlsServerCredentials;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.pgstitch.exporter.Traces;
import io.pgstitch.exporter.sink.Answer;
import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkRecord;
import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.testkit.SelfSigned;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gRPC receiver behind TLS with a certificate that the JVM does not know. */
class OtlpTlsTest {
  @TempDir static Path dir;
  private static final AtomicInteger REQUESTS = new AtomicInteger();
  private static SelfSigned certificate;
  private static Server server;

  @BeforeAll
  static void startServer() throws Exception {
    certificate = SelfSigned.in(dir);
    server =
        Grpc.newServerBuilderForPort(
                0,
                TlsServerCredentials.create(
                    Files.newInputStream(certificate.certificate()), certificate.key()))
            .addService(new Receiver())
            .build()
            .start();
  }

  @AfterAll
  static void stopServer() {
    server.shutdownNow();
  }

  @Test
  void aCertificateThatIsGivenIsTrusted() {
    int before = REQUESTS.get();
    assertThat(deliver(Map.of("certificate", certificate.certificate().toString())))
        .isEqualTo(Answer.accepted(0));
    assertThat(REQUESTS.get()).isEqualTo(before + 1);
  }

  @Test
  void anUnknownCertificateIsNotTrustedAndTheReasonSaysSo() {
    int before = REQUESTS.get();
    Answer<QueryTrace> answer = deliver(Map.of());
    assertThat(answer.retry()).hasSize(1);
    assertThat(answer.retryReason()).contains("SSLHandshakeException");
    assertThat(REQUESTS.get()).isEqualTo(before);
  }

  private static Answer<QueryTrace> deliver(Map<String, String> more) {
    Map<String, String> settings = new HashMap<>(more);
    settings.put("protocol", "grpc");
    settings.put("endpoint", "https://127.0.0.1:" + server.getPort());
    try (Sink<QueryTrace> sink =
        new OtlpSinkFactory().create(new SinkSettings("otlp", settings, Map.of()))) {
      return sink.deliver(
          List.of(new SinkRecord<>(new Partition("t", "id", 0), 0, Traces.trace(0, 1, null))));
    }
  }

  /** Takes everything. */
  private static final class Receiver extends TraceServiceGrpc.TraceServiceImplBase {
    @Override
    public void export(
        ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> answer) {
      REQUESTS.incrementAndGet();
      answer.onNext(ExportTraceServiceResponse.getDefaultInstance());
      answer.onCompleted();
    }
  }
}
