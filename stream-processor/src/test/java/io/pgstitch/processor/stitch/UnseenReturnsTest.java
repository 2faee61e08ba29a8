package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Note;
import io.pgstitch.schema.QueryTrace;
import org.junit.jupiter.api.Test;

/** Exits that come late, because the kernel did not report the return. */
class UnseenReturnsTest {
  private static Stitched selectWhoseNestedRunEnds(boolean late) {
    BackendScript script = new BackendScript();
    script
        .running("select f()")
        .call("pg_parse_query")
        .portal(1, "SELECT")
        .ownStart(1, 2, 1)
        .enter("PortalRun", 1)
        .enter("standard_ExecutorRun", 2)
        .statement(9, "select 2", 1, -1, 0)
        .exit()
        .enter("standard_ExecutorRun", 9);
    if (late) {
      script.exitLate(3);
    } else {
      script.exit(3);
    }
    return script
        .enter("standard_ExecutorEnd", 9)
        .exit()
        .exit(1)
        .exit()
        .transactionEnd(true)
        .commandEnd("SELECT", 1)
        .idle()
        .stitch();
  }

  @Test
  void changeNeitherStatementsNorRows() {
    assertThat(selectWhoseNestedRunEnds(true).shortRecords())
        .filteredOn(line -> !line.contains("INCOMPLETE"))
        .isEqualTo(selectWhoseNestedRunEnds(false).shortRecords());
  }

  @Test
  void areCountedAndMarkTheTrace() {
    Stitched out = selectWhoseNestedRunEnds(true);
    QueryTrace trace = out.only();
    assertThat(trace.getComplete()).isFalse();
    assertThat(trace.getUnseenReturns()).isEqualTo(1);
    assertThat(out.counters.get(Counter.UNSEEN_RETURNS)).isEqualTo(1);
    assertThat(out.records)
        .filteredOn(record -> record instanceof Note note && note.getName().equals("INCOMPLETE"))
        .hasSize(1);
  }

  @Test
  void doNotMarkATraceWithoutAny() {
    QueryTrace trace = selectWhoseNestedRunEnds(false).only();
    assertThat(trace.getComplete()).isTrue();
    assertThat(trace.getUnseenReturns()).isZero();
  }
}
