package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.trace.v1.Span;
import io.pgstitch.testkit.OtlpReceiver;
import io.pgstitch.testkit.OtlpSpan;
import io.pgstitch.testkit.PostgresInstallations;
import io.pgstitch.testkit.ThrowawayPostgres;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an OTLP backend receives. */
class OtlpIT {
  @TempDir private Path dir;

  @Test
  void eachStatementIsOneTraceWhoseSpansNest() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ThrowawayPostgres server =
            ThrowawayPostgres.builder(PostgresInstallations.ofMajor(15)).start()) {
      server
          .client()
          .sql(
              "create table t(a int primary key);"
                  + "create function add(n int) returns void language plpgsql as"
                  + " $$ begin insert into t values (n); end $$");
      try (RunningUp up =
          RunningUp.start(
              dir,
              "--pid",
              String.valueOf(server.postmasterPid()),
              "--otlp-endpoint",
              receiver.grpcEndpoint())) {
        for (int i = 0; i < 20; i++) {
          server.client().sql("select add(" + i + ")");
        }
        assertThat(up.stop().status()).isZero();
      }
      TraceFiles.validate(dir.resolve("out/traces"));
      List<OtlpSpan> spans = receiver.spans();
      Map<String, Span> byId = new HashMap<>();
      spans.forEach(s -> byId.put(key(s.span().getTraceId(), s.span().getSpanId()), s.span()));
      assertThat(byId).hasSize(spans.size());
      assertThat(spans.stream().filter(s -> s.span().getParentSpanId().isEmpty())).hasSize(20);
      assertThat(spans.stream().map(s -> s.span().getTraceId()).distinct()).hasSize(20);
      for (OtlpSpan s : spans) {
        Span span = s.span();
        if (!span.getParentSpanId().isEmpty()) {
          Span parent = byId.get(key(span.getTraceId(), span.getParentSpanId()));
          assertThat(parent).as("parent of " + span).isNotNull();
          assertThat(span.getStartTimeUnixNano())
              .isGreaterThanOrEqualTo(parent.getStartTimeUnixNano());
          assertThat(span.getEndTimeUnixNano()).isLessThanOrEqualTo(parent.getEndTimeUnixNano());
        }
      }
      assertThat(
              spans.stream()
                  .filter(
                      s ->
                          s.span().getAttributesList().stream()
                              .anyMatch(
                                  a ->
                                      a.getKey().equals("db.query.text")
                                          && a.getValue()
                                              .getStringValue()
                                              .equals("insert into t values (n)"))))
          .hasSize(20);
    }
  }

  private static String key(ByteString trace, ByteString span) {
    return HexFormat.of().formatHex(trace.toByteArray())
        + "/"
        + HexFormat.of().formatHex(span.toByteArray());
  }
}
