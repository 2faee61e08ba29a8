package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.SpanKind;
import io.pgstitch.schema.WaitLine;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A statement that is too long for one message: its parts, put together, are the whole. */
class TracePartsTest {
  private static final int WAITS = 5_500;
  private static final StitchLimits UNLIMITED = new StitchLimits(Integer.MAX_VALUE, 512, 64, 64);

  private final BackendScript script = new BackendScript();

  @BeforeEach
  void longStatement() {
    script.running("select f()").call("pg_parse_query").portal(0x10, "SELECT");
    script.ownStart(0x10, 0x11, 1).enter("PortalRun", 0x10).enter("standard_ExecutorRun", 0x11);
    for (int i = 0; i < WAITS / 2; i++) {
      script.waits("IO", "DataFileRead", 1_000 + i);
    }
    script.nested(
        "select nested",
        1,
        3,
        () -> {
          for (int i = 0; i < WAITS / 2; i++) {
            script.waits("LWLock", "BufferContent", 2_000 + i);
          }
        });
    script.exit(1).exit().endOfPortal(0x10, 0x11).transactionEnd(true);
    script.commandEnd("SELECT", 1).idle();
  }

  @Test
  void spansOfAllPartsAreThoseOfTheWhole() {
    Stitched parts = script.stitch();
    Stitched whole = script.stitch(UNLIMITED);
    assertThat(parts.traces).hasSizeGreaterThan(2);
    assertThat(whole.traces).hasSize(1);
    assertThat(parts.spans(parts.only())).isEqualTo(whole.spans(whole.only()));
    assertThat(parts.spans(parts.only(), SpanKind.WAIT)).hasSize(WAITS);
  }

  @Test
  void recordsOfAllPartsAreThoseOfTheWhole() {
    Stitched parts = script.stitch();
    assertThat(parts.records).isEqualTo(script.stitch(UNLIMITED).records);
    assertThat(parts.records).filteredOn(WaitLine.class::isInstance).hasSize(WAITS);
  }

  @Test
  void partsKeepTheIdentities() {
    TraceIdentities.check(script.stitch());
    TraceIdentities.check(script.stitch(UNLIMITED));
  }

  @Test
  void everyPartNamesTheStatement() {
    List<QueryTrace> parts = script.stitch().traces;
    assertThat(parts).extracting(QueryTrace::getText).containsOnly("select f()");
    assertThat(parts).extracting(QueryTrace::getTraceId).containsOnly(parts.get(0).getTraceId());
    assertThat(parts).extracting(QueryTrace::getExecuted).endsWith(true);
  }

  @Test
  void noPartIsLargerThanTheLimitByMoreThanWhatClosesAtOnce() {
    assertThat(script.stitch().traces)
        .allMatch(part -> part.getSpans().size() <= StitchLimits.DEFAULT.pendingSpans() + 10);
  }
}
