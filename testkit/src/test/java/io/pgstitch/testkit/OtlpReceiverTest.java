package io.pgstitch.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.rpc.Status;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OtlpReceiverTest {
  private OtlpReceiver receiver;
  private ManagedChannel channel;

  @BeforeEach
  void start() {
    receiver = OtlpReceiver.start();
    channel =
        NettyChannelBuilder.forTarget(receiver.grpcEndpoint().substring("http://".length()))
            .usePlaintext()
            .build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    receiver.close();
  }

  @Test
  void keepsWhatArrivesOverGrpc() {
    exportByGrpc("a");
    assertThat(names(receiver.spans())).containsExactly("a");
  }

  @Test
  void keepsWhatArrivesOverHttp() throws Exception {
    assertThat(post(request("b").toByteArray(), "").statusCode()).isEqualTo(200);
    assertThat(names(receiver.spans())).containsExactly("b");
  }

  @Test
  void unpacksGzip() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(request("c").toByteArray());
    }
    assertThat(post(packed.toByteArray(), "gzip").statusCode()).isEqualTo(200);
    assertThat(names(receiver.spans())).containsExactly("c");
  }

  @Test
  void spansKnowTheirResource() {
    exportByGrpc("a");
    assertThat(receiver.spans().get(0).resource().getAttributes(0).getValue().getStringValue())
        .isEqualTo("db1");
  }

  @Test
  void headersAreKept() throws Exception {
    post(request("a").toByteArray(), "");
    assertThat(receiver.requestsWithHeaders().get(0).headers())
        .containsEntry("authorization", "Bearer x");
  }

  @Test
  void failsAsOftenAsToldOverGrpcThenAccepts() {
    receiver.answerNext(2, OtlpAnswer.unavailable(Duration.ZERO));
    assertThatThrownBy(() -> exportByGrpc("a")).hasMessageStartingWith("UNAVAILABLE");
    assertThatThrownBy(() -> exportByGrpc("a")).hasMessageStartingWith("UNAVAILABLE");
    exportByGrpc("a");
    assertThat(receiver.spans()).hasSize(1);
    assertThat(receiver.refusedRequests()).isEqualTo(2);
  }

  @Test
  void unavailableOverHttpIs503WithRetryAfter() throws Exception {
    receiver.answerNext(1, OtlpAnswer.unavailable(Duration.ofSeconds(7)));
    HttpResponse<byte[]> answer = post(request("a").toByteArray(), "");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).contains("7");
  }

  @Test
  void rejectionOverGrpcIsInvalidArgument() {
    receiver.answerAlways(OtlpAnswer.reject("too old"));
    assertThatThrownBy(() -> exportByGrpc("a"))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessage("INVALID_ARGUMENT: too old");
    assertThat(receiver.requests()).isEmpty();
  }

  @Test
  void rejectionOverHttpIs400WithAStatusMessage() throws Exception {
    receiver.answerAlways(OtlpAnswer.reject("too old"));
    HttpResponse<byte[]> answer = post(request("a").toByteArray(), "");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(Status.parseFrom(answer.body()).getMessage()).isEqualTo("too old");
  }

  @Test
  void partialSuccessNamesTheRejectedSpans() throws Exception {
    receiver.answerNext(2, OtlpAnswer.partial(3, "three were bad"));
    ExportTraceServiceResponse overHttp =
        ExportTraceServiceResponse.parseFrom(post(request("a").toByteArray(), "").body());
    assertThat(overHttp.getPartialSuccess().getRejectedSpans()).isEqualTo(3);
    assertThat(exportByGrpc("b").getPartialSuccess()).isEqualTo(overHttp.getPartialSuccess());
  }

  @Test
  void answersLateWhenTold() {
    receiver.answerNext(1, OtlpAnswer.accept().after(Duration.ofMillis(300)));
    long start = System.nanoTime();
    exportByGrpc("a");
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(Duration.ofMillis(300));
  }

  @Test
  void bodyThatIsNoMessageIsA400() throws Exception {
    assertThat(post(new byte[] {1, 2, 3}, "").statusCode()).isEqualTo(400);
  }

  private ExportTraceServiceResponse exportByGrpc(String spanName) {
    return TraceServiceGrpc.newBlockingStub(channel).export(request(spanName));
  }

  private HttpResponse<byte[]> post(byte[] body, String encoding) throws Exception {
    HttpRequest.Builder post =
        HttpRequest.newBuilder(URI.create(receiver.httpEndpoint() + "/v1/traces"))
            .header("Content-Type", "application/x-protobuf")
            .header("Authorization", "Bearer x")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!encoding.isEmpty()) {
      post.header("Content-Encoding", encoding);
    }
    return HttpClient.newHttpClient().send(post.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static ExportTraceServiceRequest request(String spanName) {
    ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
    var ofResource = request.addResourceSpansBuilder();
    ofResource
        .getResourceBuilder()
        .addAttributesBuilder()
        .setKey("host.name")
        .getValueBuilder()
        .setStringValue("db1");
    ofResource
        .addScopeSpansBuilder()
        .addSpansBuilder()
        .setName(spanName)
        .setTraceId(ByteString.copyFrom(new byte[16]));
    return request.build();
  }

  private static List<String> names(List<OtlpSpan> spans) {
    return spans.stream().map(span -> span.span().getName()).toList();
  }
}
