package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.processor.state.Loss;
import io.pgstitch.schema.EventLoss;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A trace says where its events were lost. */
class LossPlacesTest {
  private final BackendScript script = new BackendScript();
  private final Stitched out = new Stitched();
  private final SessionStitcher stitcher =
      new SessionStitcher(script.backend(), StitchLimits.DEFAULT, out.counters, out);

  @Test
  void lossInAStatementLiesBetweenTheEventsAroundIt() {
    script.running("select 1").call("pg_parse_query");
    int before = script.size();
    final long from = script.now() + BackendScript.UTC_OFFSET;
    script.after(5_000).waits("IO", "DataFileRead", 1_000).idle();
    stitcher.accept(script.batch(0, before, 0));
    RawEventBatch next = script.batch(before, script.size(), 17);
    next.setBaseNs(next.getBaseNs() + 400);
    stitcher.accept(next);
    assertThat(out.statements().get(0).getLosses())
        .containsExactly(new EventLoss(before + 18L, 17L, from, from + 400));
    assertThat(out.records.toString())
        .contains("17 events were lost before this point: numbers 4 to 20");
  }

  @Test
  void lossBetweenStatementsIsTheNextOnes() {
    script.simpleSelect("select 1", 1);
    int first = script.size();
    script.simpleSelect("select 2", 1);
    stitcher.accept(script.batch(0, first, 0));
    stitcher.accept(script.batch(first, script.size(), 2));
    assertThat(out.statements().get(0).getLosses()).isNull();
    assertThat(out.statements().get(1).getLosses())
        .extracting(EventLoss::getEvents)
        .containsExactly(2L);
  }

  @Test
  void restartOfTheCollectorIsALossOfUnknownSize() {
    script.running("select 1").call("pg_parse_query");
    stitcher.accept(script.epoch(50).batch());
    final long from = script.now() + BackendScript.UTC_OFFSET;
    BackendScript second = new BackendScript().after(9_000_000).epoch(60);
    RawEventBatch batch = second.simpleSelect("select 2", 1).batch();
    batch.setBaseNs(script.now() + 7_000);
    stitcher.accept(batch);
    QueryTrace cut = out.statements().get(0);
    assertThat(cut.getLostEvents()).isZero();
    assertThat(cut.getLosses()).containsExactly(new EventLoss(1L, -1L, from, from + 7_000));
    assertThat(out.statements().get(1).getLosses()).isNull();
  }

  @Test
  void manyPlacesAreCountedInTheLast() {
    // Each gap ends what is open, so one statement has many only where none was open between them.
    List<Loss> losses = null;
    for (int i = 0; i < 40; i++) {
      losses = Losses.plus(losses, new Loss((long) i, 3L, i * 10L, i * 10L + 5));
    }
    assertThat(losses).hasSize(16);
    assertThat(losses.stream().mapToLong(Loss::getEvents).sum()).isEqualTo(3L * 40);
    assertThat(losses.get(15).getToUtcNs()).isEqualTo(395);
  }
}
