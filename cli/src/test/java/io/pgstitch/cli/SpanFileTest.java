package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpanFileTest {
  private static final String REQUEST =
      "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[%s]}]}]}%n";
  private static final String CHILD =
      "{\"traceId\":\"aa\",\"spanId\":\"02\",\"parentSpanId\":\"01\",\"name\":\"EXEC\","
          + "\"startTimeUnixNano\":\"5\",\"endTimeUnixNano\":\"9\"}";
  private static final String ROOT =
      "{\"traceId\":\"aa\",\"spanId\":\"01\",\"name\":\"SELECT\","
          + "\"startTimeUnixNano\":\"1767225600000000001\",\"endTimeUnixNano\":\"1767225600000000009\","
          + "\"attributes\":[{\"key\":\"db.query.text\",\"value\":{\"stringValue\":\"select 1\"}}]}";
  private static final String OTHER = "{\"traceId\":\"bb\",\"spanId\":\"03\",\"name\":\"SELECT\"}";

  @TempDir private Path dir;

  @Test
  void findsTheSpansOfAStatementsTraceAcrossLines() throws IOException {
    Path file =
        Files.writeString(
            dir.resolve("spans.jsonl"),
            String.format(REQUEST, CHILD) + String.format(REQUEST, OTHER + "," + ROOT));

    List<ExportedSpan> trace = new SpanFile(file).traceOf("select 1");

    assertThat(trace).extracting(ExportedSpan::spanId).containsExactlyInAnyOrder("01", "02");
  }

  @Test
  void keepsNanosecondsExactly() throws IOException {
    Path file = Files.writeString(dir.resolve("spans.jsonl"), String.format(REQUEST, ROOT));

    assertThat(new SpanFile(file).traceOf("select 1").get(0).startNanos())
        .isEqualTo(1_767_225_600_000_000_001L);
  }
}
