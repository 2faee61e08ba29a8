package io.pgstitch.exporter.sink.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.proto.trace.v1.Span;
import io.pgstitch.exporter.Traces;
import io.pgstitch.exporter.sink.Answer;
import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkRecord;
import io.pgstitch.exporter.sink.SinkSettings;
import io.pgstitch.exporter.sink.SinkSettingsException;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.testkit.OtlpAnswer;
import io.pgstitch.testkit.OtlpReceiver;
import io.pgstitch.testkit.OtlpSpan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OtlpSinkTest {

  private static final String GRPC = "grpc";
  private static final String HTTP = "http/protobuf";

  private final OtlpReceiver receiver = OtlpReceiver.start();

  @AfterEach
  void stopReceiver() {
    receiver.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {GRPC, HTTP})
  void spansArriveWithTheirIdsAndTimes(String protocol) {
    Answer<QueryTrace> answer = deliver(protocol, records(1, 1, null));
    assertThat(answer).isEqualTo(Answer.accepted(0));
    Span root = root();
    assertThat(hex(root.getTraceId().toByteArray())).isEqualTo("%032x".formatted(1));
    assertThat(hex(root.getSpanId().toByteArray())).isEqualTo("0000000100000000");
    assertThat(root.getStartTimeUnixNano()).isEqualTo(io.pgstitch.exporter.Sessions.START_NS);
    assertThat(root.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
  }

  @ParameterizedTest
  @ValueSource(strings = {GRPC, HTTP})
  void unavailableIsRetriedByTheRunnerNotByTheExporter(String protocol) {
    receiver.answerNext(1, OtlpAnswer.unavailable(Duration.ZERO));
    List<SinkRecord<QueryTrace>> batch = records(2, 1, null);
    assertThat(deliver(protocol, batch).retry()).isEqualTo(batch);
    assertThat(receiver.refusedRequests()).isEqualTo(1);
    assertThat(receiver.spans()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {GRPC, HTTP})
  void invalidArgumentRejectsTheRecords(String protocol) {
    receiver.answerNext(1, OtlpAnswer.reject("no such tenant"));
    assertThat(deliver(protocol, records(2, 1, null)).rejected())
        .hasSize(2)
        .allMatch(rejection -> !rejection.reason().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(strings = {GRPC, HTTP})
  void partialSuccessIsCountedAndNotRetried(String protocol) {
    receiver.answerNext(1, OtlpAnswer.partial(3, "too old"));
    Answer<QueryTrace> answer = deliver(protocol, records(2, 1, null));
    assertThat(answer.refusedItems()).isEqualTo(3);
    assertThat(answer.retry()).isEmpty();
    assertThat(answer.rejected()).isEmpty();
  }

  @Test
  void receiverThatIsNotThereIsRetried() {
    assertThat(deliver(GRPC, "http://127.0.0.1:1", records(1, 1, null)).retry()).hasSize(1);
  }

  @Test
  void onlyTheRecordsOfTheFailedRequestAreRetried() {
    receiver.answerNext(1, OtlpAnswer.unavailable(Duration.ZERO));
    List<SinkRecord<QueryTrace>> batch = records(3, 400, null);
    assertThat(deliver(GRPC, batch).retry()).hasSize(1);
    assertThat(receiver.spans()).hasSize(2 * 401);
  }

  @Test
  void largeBatchGoesInRequestsOfAtMost512Spans() {
    deliver(GRPC, records(5, 1300, null));
    assertThat(receiver.spans()).hasSize(5 * 1301);
    assertThat(receiver.requests())
        .allMatch(request -> request.getResourceSpans(0).getScopeSpans(0).getSpansCount() <= 512);
  }

  @Test
  void spansOfOneServerShareOneScope() {
    deliver(GRPC, records(10, 5, null));
    assertThat(receiver.requests())
        .allMatch(r -> r.getResourceSpansCount() == 1)
        .allMatch(r -> r.getResourceSpans(0).getScopeSpansCount() == 1);
  }

  @Test
  void failedStatementHasStatusErrorAndItsSqlstate() {
    deliver(GRPC, records(1, 0, "22012"));
    assertThat(root().getStatus().getCodeValue()).isEqualTo(2);
    assertThat(root().getAttributesList())
        .anyMatch(
            a ->
                a.getKey().equals("db.response.status_code")
                    && a.getValue().getStringValue().equals("22012"));
  }

  @Test
  void whatTheApplicationDoesNotRecordIsNotSentAndCounted() {
    List<SinkRecord<QueryTrace>> batch = records(3, 1, null);
    batch.get(1).value().setSampled(false);
    Answer<QueryTrace> answer = deliver(GRPC, batch);
    assertThat(answer.unsampled()).isEqualTo(1);
    assertThat(answer.retry()).isEmpty();
    assertThat(receiver.spans()).hasSize(2 * 2);
  }

  @Test
  void allWrongSettingsAreNamedAtOnce() {
    assertThatThrownBy(
            () ->
                new OtlpSinkFactory()
                    .create(
                        new SinkSettings(
                            "tempo",
                            Map.of("protocol", "smoke", "endpoint", "tempo", "timeout", "soon"),
                            Map.of())))
        .isInstanceOf(SinkSettingsException.class)
        .hasMessageContainingAll("tempo", "smoke", "endpoint", "timeout");
  }

  private Answer<QueryTrace> deliver(String protocol, List<SinkRecord<QueryTrace>> batch) {
    String endpoint = protocol.equals(GRPC) ? receiver.grpcEndpoint() : receiver.httpEndpoint();
    return deliver(protocol, endpoint, batch);
  }

  private static Answer<QueryTrace> deliver(
      String protocol, String endpoint, List<SinkRecord<QueryTrace>> batch) {
    SinkSettings settings =
        new SinkSettings(
            "otlp",
            Map.of("protocol", protocol),
            Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint, "OTEL_EXPORTER_OTLP_TIMEOUT", "5000"));
    try (Sink<QueryTrace> sink = new OtlpSinkFactory().create(settings)) {
      return sink.deliver(batch);
    }
  }

  private Span root() {
    return receiver.spans().stream()
        .map(OtlpSpan::span)
        .filter(span -> span.getParentSpanId().isEmpty())
        .findFirst()
        .orElseThrow();
  }

  private static List<SinkRecord<QueryTrace>> records(int count, int waits, String sqlstate) {
    List<SinkRecord<QueryTrace>> records = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      records.add(
          new SinkRecord<>(new Partition("t", "id", 0), n, Traces.trace(n, waits, sqlstate)));
    }
    return records;
  }

  private static String hex(byte[] bytes) {
    return java.util.HexFormat.of().formatHex(bytes);
  }
}
