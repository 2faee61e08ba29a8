package io.pgstitch.processor.stitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.schema.Binds;
import io.pgstitch.schema.Call;
import io.pgstitch.schema.CallKind;
import io.pgstitch.schema.Close;
import io.pgstitch.schema.Note;
import io.pgstitch.schema.ParsingInCursor;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

/** Random scripts, cut into batches at random, saved and restored between any two of them. */
class RandomScriptsTest {
  private static final int CASES = 3_000;

  @Test
  void identitiesHoldForAnyScript() {
    for (long seed = 0; seed < CASES; seed++) {
      try {
        TraceIdentities.check(new RandomScript(seed).write().stitch());
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void identitiesHoldForTracesInManyParts() {
    for (long seed = 0; seed < CASES / 3; seed++) {
      try {
        Stitched stitched = new RandomScript(seed).write().stitch(new StitchLimits(7, 512, 64, 64));
        for (var trace : stitched.statements()) {
          TraceIdentities.spansNest(stitched.spans(trace));
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  /** Where parts end is an affair of memory: it decides on nothing that is said of a statement. */
  @Test
  void partsDoNotChangeWhatIsSaidOfAStatement() {
    for (long seed = 0; seed < CASES / 3; seed++) {
      BackendScript script = new RandomScript(seed).write();
      StitchLimits parts = new StitchLimits(20 + (int) (seed % 23), 512, 64, 64);
      assertThat(said(script.stitch(parts)))
          .as("seed " + seed)
          .isEqualTo(said(script.stitch(StitchLimits.DEFAULT)));
    }
  }

  private static List<Object> said(Stitched stitched) {
    List<Object> said = new ArrayList<>();
    for (QueryTrace trace : stitched.statements()) {
      said.add(trace.getTraceId() + " " + trace.getText() + " rows " + trace.getRows());
      said.addAll(stitched.spans(trace));
    }
    said.addAll(stitched.records);
    return said;
  }

  /** As {@code BINDS_ORDER} of the trace file's rules. */
  @Test
  void bindsComeBeforeTheirExecWhereverPartsEnd() {
    int late = 0;
    for (long seed = 0; seed < CASES; seed++) {
      BackendScript script = new RandomScript(seed).binding().write();
      StitchLimits parts = new StitchLimits(1 + (int) (seed % 23), 512, 64, 64);
      late += lateBinds(seed, script.stitch(parts).records);
    }
    assertThat(late).as("portals that run in another message than their Bind").isPositive();
  }

  /** How many are said to come after their EXEC; fails where that is not said. */
  private static int lateBinds(long seed, List<Object> records) {
    Set<Integer> executed = new HashSet<>();
    Set<Integer> bound = new HashSet<>();
    int late = 0;
    for (int i = 0; i < records.size(); i++) {
      Object record = records.get(i);
      if (record instanceof ParsingInCursor parsing) {
        executed.remove(parsing.getCursor());
        bound.remove(parsing.getCursor());
      } else if (record instanceof Binds binds && executed.contains(binds.getCursor())) {
        if (records.get(i - 1) instanceof Note note && note.getName().equals("BINDS LATE")) {
          late++;
        } else {
          bound.add(binds.getCursor());
        }
      } else if (record instanceof Call call) {
        boolean wrong = bound.remove(call.getCursor()) && call.getKind() == CallKind.FETCH;
        assertThat(wrong).as("seed %d: BINDS after the EXEC before %s", seed, call).isFalse();
        if (call.getKind() == CallKind.EXEC) {
          executed.add(call.getCursor());
        }
      } else if (record instanceof Close close) {
        executed.remove(close.getCursor());
      }
    }
    return late;
  }

  @Test
  void batchesAndRestartsDoNotChangeAByte() throws IOException {
    for (long seed = 0; seed < CASES; seed++) {
      BackendScript script = new RandomScript(seed).write();
      StitchLimits limits = seed % 3 == 0 ? new StitchLimits(9, 5, 2, 3) : StitchLimits.DEFAULT;
      assertThat(cut(script, limits, new Random(seed)))
          .as("seed " + seed)
          .isEqualTo(bytes(script.stitch(limits).all));
    }
  }

  static byte[] cut(BackendScript script, StitchLimits limits, Random random) throws IOException {
    Stitched result = new Stitched();
    SavedSessions saved = new SavedSessions(limits, result.counters);
    Map<Long, byte[]> chunks = new HashMap<>();
    SessionStitcher stitcher =
        new SessionStitcher(script.backend(), limits, result.counters, result);
    int from = 0;
    while (from < script.size()) {
      int to = Math.min(script.levelEnd(from), from + 1 + random.nextInt(12));
      RawEventBatch batch = script.batch(from, to, 0);
      stitcher.accept(batch);
      if (random.nextInt(4) == 0) {
        stitcher.accept(batch);
      }
      StoreChange change = saved.change(stitcher);
      for (long i = change.deleteFrom(); i < change.deleteTo(); i++) {
        chunks.remove(i);
      }
      if (change.chunk() != null) {
        chunks.put(change.chunkNumber(), change.chunk());
      }
      if (random.nextInt(3) > 0) {
        stitcher = saved.restore(saved.state(stitcher), chunks::get, result);
      }
      from = to;
    }
    assertThat(chunks).as("chunks left after the end").isEmpty();
    return bytes(result.all);
  }

  static byte[] bytes(List<SpecificRecord> records) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    for (SpecificRecord record : records) {
      new SpecificDatumWriter<SpecificRecord>(record.getSchema()).write(record, encoder);
    }
    return out.toByteArray();
  }
}
