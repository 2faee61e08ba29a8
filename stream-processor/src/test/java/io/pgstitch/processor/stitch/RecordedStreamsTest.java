package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Backend;
import io.pgstitch.schema.RawEventBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What real collectors sent gives the traces that it gave before. A change that is wanted is
 * accepted with {@code -Dpgstitch.accept=true}, which writes the summaries anew, and read as the
 * difference that version control shows of them.
 */
class RecordedStreamsTest {
  static List<String> names() {
    return RecordedStreams.names();
  }

  @Test
  void everyMajorIsRecorded() {
    for (int major = 13; major <= 18; major++) {
      assertThat(RecordedStreams.names()).anyMatch(("pg" + major + "-level12")::equals);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void tracesAreAsTheyWere(String name) throws IOException {
    List<String> lines = new ArrayList<>();
    for (List<RawEventBatch> session :
        RecordedStreams.sessions(RecordedStreams.read(name)).values()) {
      Backend backend = session.get(0).getBackend();
      lines.add(backend.getKind() + " " + backend.getApplicationName());
      lines.addAll(TraceSummary.of(stitch(session)));
    }
    Path expected = RecordedStreams.DIRECTORY.resolve(name + ".txt");
    if (Boolean.getBoolean("pgstitch.accept")) {
      Files.write(expected, lines);
    }
    assertThat(lines).as(expected.toString()).isEqualTo(Files.readAllLines(expected));
  }

  @ParameterizedTest
  @MethodSource("names")
  void recordsAndSpansTellTheSame(String name) {
    for (List<RawEventBatch> session :
        RecordedStreams.sessions(RecordedStreams.read(name)).values()) {
      Stitched stitched = stitch(session);
      TraceIdentities.check(stitched);
      StitchedViews.check(stitched);
    }
  }

  /** A batch's header and its events say the same: what was lost can be counted by the header. */
  @ParameterizedTest
  @MethodSource("names")
  void sequencesCountTheEvents(String name) {
    for (RawEventBatch batch : RecordedStreams.read(name)) {
      assertThat(batch.getLastSequence() - batch.getFirstSequence() + 1)
          .isEqualTo(BatchCuts.numbered(batch.getEvents()));
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void otherBatchesDoNotChangeAByte(String name) throws IOException {
    Random random = new Random(name.hashCode());
    for (List<RawEventBatch> session :
        RecordedStreams.sessions(RecordedStreams.read(name)).values()) {
      List<RawEventBatch> pieces = new ArrayList<>();
      for (RawEventBatch batch : session) {
        pieces.addAll(BatchCuts.pieces(batch, random, 10));
      }
      assertThat(RandomScriptsTest.bytes(stitch(pieces).all))
          .isEqualTo(RandomScriptsTest.bytes(stitch(session).all));
    }
  }

  static Stitched stitch(List<RawEventBatch> session) {
    Stitched stitched = new Stitched();
    SessionStitcher stitcher =
        new SessionStitcher(
            session.get(0).getBackend(), StitchLimits.DEFAULT, stitched.counters, stitched);
    session.forEach(stitcher::accept);
    if (!stitcher.ended()) {
      stitcher.expire();
    }
    return stitched;
  }
}
