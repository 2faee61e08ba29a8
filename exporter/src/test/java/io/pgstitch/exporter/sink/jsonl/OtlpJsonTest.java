package io.pgstitch.exporter.sink.jsonl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.pgstitch.exporter.Traces;
import io.pgstitch.exporter.span.TraceSpans;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.Sampling;
import io.pgstitch.schema.SamplingReason;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class OtlpJsonTest {

  private final ObjectMapper mapper = new ObjectMapper();

  @Test
  void lineIsWhatOpenTelemetrysOwnEncoderWrites() throws Exception {
    List<SpanData> spans = new TraceSpans("postgresql").of(Traces.trace(1, 2, "22012"));
    ByteArrayOutputStream theirs = new ByteArrayOutputStream();
    TraceRequestMarshaler.create(spans).writeJsonTo(theirs);
    JsonNode ours = mapper.readTree(line(spans));
    assertThat(withoutEmpty(ours)).isEqualTo(withoutEmpty(mapper.readTree(theirs.toByteArray())));
  }

  @Test
  void lineOfAJoinedTraceIsWhatOpenTelemetrysOwnEncoderWrites() throws Exception {
    QueryTrace trace = Traces.trace(1, 2, null);
    trace.setParentTraceId("4bf92f3577b34da6a3ce929d0e0e4736");
    trace.setParentSpanId("00f067aa0ba902b7");
    trace.setTracestate("rojo=1,congo=t61");
    List<SpanData> spans = new TraceSpans("postgresql").of(trace);
    ByteArrayOutputStream theirs = new ByteArrayOutputStream();
    TraceRequestMarshaler.create(spans).writeJsonTo(theirs);
    JsonNode ours = mapper.readTree(line(spans));
    assertThat(withoutEmpty(ours)).isEqualTo(withoutEmpty(mapper.readTree(theirs.toByteArray())));
  }

  @Test
  void linksAreWhatOpenTelemetrysOwnEncoderWrites() throws Exception {
    QueryTrace trace = Traces.lockWait("4bf92f3577b34da6a3ce929d0e0e4736", true);
    List<SpanData> spans = new TraceSpans("postgresql").of(trace);
    ByteArrayOutputStream theirs = new ByteArrayOutputStream();
    TraceRequestMarshaler.create(spans).writeJsonTo(theirs);
    JsonNode ours = mapper.readTree(line(spans));
    assertThat(ours.findValues("links")).hasSize(1);
    assertThat(withoutEmpty(ours)).isEqualTo(withoutEmpty(mapper.readTree(theirs.toByteArray())));
  }

  @Test
  void rootSaysWhyItWasKeptAndWhatItStandsFor() throws Exception {
    QueryTrace trace = Traces.trace(1, 2, null);
    trace.setSampling(new Sampling(SamplingReason.SHARE, 0.01));
    List<SpanData> spans = new TraceSpans("postgresql").of(trace);
    ByteArrayOutputStream theirs = new ByteArrayOutputStream();
    TraceRequestMarshaler.create(spans).writeJsonTo(theirs);
    assertThat(withoutEmpty(mapper.readTree(line(spans))))
        .isEqualTo(withoutEmpty(mapper.readTree(theirs.toByteArray())));
    AttributeKey<Double> share = AttributeKey.doubleKey("pgstitch.sampling.share");
    AttributeKey<String> reason = AttributeKey.stringKey("pgstitch.sampling.reason");
    assertThat(spans.get(spans.size() - 1).getAttributes().get(share)).isEqualTo(0.01);
    assertThat(spans.get(spans.size() - 1).getAttributes().get(reason)).isEqualTo("SHARE");
    assertThat(spans.get(0).getAttributes().get(share)).isNull();
  }

  /** An empty array means the same as none. */
  private static JsonNode withoutEmpty(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .removeIf(field -> field.getValue().isArray() && field.getValue().isEmpty());
    }
    node.forEach(OtlpJsonTest::withoutEmpty);
    return node;
  }

  @Test
  void lineHasNoLineBreakButItsLast() {
    byte[] line = line(new TraceSpans("p").of(Traces.trace(1, 2, null)));
    assertThat(new String(line, java.nio.charset.StandardCharsets.UTF_8))
        .endsWith("}\n")
        .containsOnlyOnce("\n");
  }

  private static byte[] line(List<SpanData> spans) {
    ByteArrayOutputStream to = new ByteArrayOutputStream();
    new OtlpJson().line(spans, to);
    return to.toByteArray();
  }
}
