package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class JoinedRecordsTest {
  private final Backend backend = new BackendScript().batch().getBackend();

  @Test
  void whatWasJoinedCanBeTakenApart() {
    TraceRecords all = records("a", 0, 3);
    List<TraceRecords> others = List.of(records("", 0, 1), records("b", 0, 2), records("b", 1, 4));
    JoinedRecords joined = new JoinedRecords(all);
    others.forEach(each -> assertThat(joined.add(each)).isTrue());

    assertThat(all.getTraceId()).isEmpty();
    assertThat(all.getRecords()).hasSize(10);
    List<TraceRecords> expected = new ArrayList<>(List.of(records("a", 0, 3)));
    expected.addAll(others);
    assertThat(ApartRecords.of(all)).isEqualTo(expected);
  }

  @Test
  void oneAloneStaysAsItIs() {
    TraceRecords alone = records("a", 2, 3);
    assertThat(new JoinedRecords(alone).add(records("b", 0, 2_000))).isFalse();
    assertThat(alone).isEqualTo(records("a", 2, 3));
  }

  @Test
  void theyDoNotGrowBeyondWhatABrokerTakes() {
    JoinedRecords lines = new JoinedRecords(records("a", 0, 1_000));
    assertThat(lines.add(records("b", 0, 1_000))).isTrue();
    assertThat(lines.add(records("c", 0, 1))).isFalse();

    JoinedRecords texts = new JoinedRecords(text(0, 200_000));
    assertThat(texts.add(text(1, 100_000))).isFalse();
    assertThat(texts.add(text(0, 100_000))).isFalse();
    assertThat(texts.add(text(0, 60_000))).isTrue();
  }

  @Test
  void otherSessionsStandApart() {
    TraceRecords later = records("b", 0, 1);
    later.setSessionStartUtcNs(8);
    TraceRecords other = records("b", 0, 1);
    other.setBackend(Backend.newBuilder(backend).setPid(backend.getPid() + 1).build());
    JoinedRecords joined = new JoinedRecords(records("a", 0, 1));
    assertThat(joined.add(later)).isFalse();
    assertThat(joined.add(other)).isFalse();
  }

  private TraceRecords records(String trace, int part, int lines) {
    return of(trace, part, Collections.nCopies(lines, new Note("LEVEL", "", 5L)));
  }

  private TraceRecords text(int depth, int length) {
    return of(
        "a",
        0,
        List.of(new ParsingInCursor(101, "x".repeat(length), depth, 0, "", 5L, false, false)));
  }

  private TraceRecords of(String trace, int part, List<? extends Object> lines) {
    return new TraceRecords(backend, trace, part, 7L, new ArrayList<>(lines), List.of());
  }
}
