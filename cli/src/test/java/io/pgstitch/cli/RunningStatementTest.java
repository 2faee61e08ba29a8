package io.pgstitch.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgstitch.collector.encode.RunningStatement;
import io.pgstitch.processor.state.TeamLaunch;
import io.pgstitch.processor.stitch.SessionStitcher;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.stitch.StitchOutput;
import io.pgstitch.processor.stitch.WaitedFor;
import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.BackendEnd;
import io.pgstitch.schema.BackendKind;
import io.pgstitch.schema.BindsBound;
import io.pgstitch.schema.BufferDelta;
import io.pgstitch.schema.CommandEnd;
import io.pgstitch.schema.ErrorReported;
import io.pgstitch.schema.FunctionEntry;
import io.pgstitch.schema.PortalDefined;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.StatementEntry;
import io.pgstitch.schema.TraceRecords;
import io.pgstitch.schema.TransactionEnd;
import io.pgstitch.schema.TrustedRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the collector takes for the statement that runs is, at each event of what was recorded of
 * real servers, the one that the stitcher finds; where it is not sure of that it says so. And where
 * it does not say that sampling may have left it out, the stitcher has not settled that.
 */
class RunningStatementTest {
  private static final Path RECORDED =
      SourceTree.root().resolve("stream-processor/src/test/resources/recorded");

  @BeforeAll
  static void trust() {
    TrustedRecords.trust();
  }

  static List<String> recordings() throws IOException {
    try (Stream<Path> files = Files.list(RECORDED)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".avro"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("recordings")
  void agreesWithTheStitcherAtEachEvent(String recording) throws IOException {
    Tally tally = new Tally();
    for (List<RawEventBatch> session : sessions(recording)) {
      if (session.get(0).getBackend().getKind() == BackendKind.CLIENT) {
        new Comparison(session, tally).run();
      }
    }
    assertThat(tally.wrong.stream().limit(10)).as("of %d", tally.asked).isEmpty();
    assertThat(tally.asked).isGreaterThan(500);
    // At level 1 a portal's next Execute cannot be told from a new statement.
    double least = recording.contains("level1.") ? 0.9 : 0.97;
    assertThat((double) tally.certain / tally.asked).as("certain").isGreaterThan(least);
  }

  private static List<List<RawEventBatch>> sessions(String recording) throws IOException {
    Map<String, List<RawEventBatch>> sessions = new LinkedHashMap<>();
    try (DataFileReader<RawEventBatch> file =
        new DataFileReader<>(
            RECORDED.resolve(recording).toFile(), new SpecificDatumReader<>(RawEventBatch.class))) {
      for (RawEventBatch batch : file) {
        String id = batch.getBackend().getPid() + "/" + batch.getBackend().getStartNs();
        sessions.computeIfAbsent(id, i -> new ArrayList<>()).add(batch);
      }
    }
    return List.copyOf(sessions.values());
  }

  private static final class Tally {
    private long asked;
    private long certain;
    private final List<String> wrong = new ArrayList<>();
  }

  /** One session, an event at a time. */
  private static final class Comparison {
    private final List<RawEventBatch> batches;
    private final Tally tally;
    private final RunningStatement statement = new RunningStatement(true);
    private final List<QueryTrace> traces = new ArrayList<>();
    private final List<Answer> answers = new ArrayList<>();
    private String text = "";
    private long identity;

    private final Set<String> unsettled = new HashSet<>();
    private boolean told;

    /**
     * @param openTrace what the stitcher has open, 0 nothing
     * @param unsettled ids of the traces that may still be kept because somebody waits; null when
     *     the collector says that they may have been left out
     */
    private record Answer(
        Object event,
        long timeNs,
        long startNs,
        boolean certain,
        long openTrace,
        Set<String> unsettled) {}

    private Comparison(List<RawEventBatch> batches, Tally tally) {
      this.batches = batches;
      this.tally = tally;
    }

    private void run() {
      SessionStitcher stitcher =
          new SessionStitcher(
              batches.get(0).getBackend(), StitchLimits.DEFAULT, new StitchCounters(), output());
      long sequence = 0;
      for (RawEventBatch batch : batches) {
        long timeNs = batch.getBaseNs();
        long number = batch.getFirstSequence();
        if (batch.getEvents().isEmpty()) {
          continue;
        }
        if (sequence != 0 && number != sequence + 1) {
          statement.unseen();
        }
        List<Object> unnumbered = new ArrayList<>();
        for (Object event : batch.getEvents()) {
          unnumbered.add(event);
          if (event instanceof BufferDelta) {
            continue;
          }
          RawEventBatch one = copy(batch);
          one.setEvents(List.copyOf(unnumbered));
          one.setFirstSequence(number);
          one.setLastSequence(number);
          one.setLostBefore(number == batch.getFirstSequence() ? batch.getLostBefore() : 0);
          one.setBaseNs(timeNs);
          unnumbered.clear();
          timeNs += deltaNs(event);
          take(event, batch.getStrings(), timeNs);
          stitcher.accept(one);
          answers.add(
              new Answer(
                  event,
                  timeNs,
                  statement.startNanos(),
                  statement.certain(),
                  stitcher.openTrace(),
                  told ? Set.copyOf(unsettled) : null));
          sequence = number;
          number++;
        }
      }
      stitcher.cut("here");
      compare();
    }

    private static RawEventBatch copy(RawEventBatch batch) {
      RawEventBatch copy = new RawEventBatch();
      batch.getSchema().getFields().forEach(f -> copy.put(f.pos(), batch.get(f.pos())));
      return copy;
    }

    private static long deltaNs(Object event) {
      SpecificRecord numbered = (SpecificRecord) event;
      return (long) numbered.get(numbered.getSchema().getField("delta_ns").pos());
    }

    /** As HolderView does with what the kernel tells. */
    private void take(Object event, List<String> strings, long timeNs) {
      statement.event();
      if (event instanceof Activity e) {
        told = e.getState() != ActivityState.IDLE;
        if (e.getState() == ActivityState.RUNNING || e.getState() == ActivityState.FASTPATH) {
          String now = strings.get(e.getText());
          statement.message(timeNs, now.equals(text) && identity == e.getTextIdentity());
          text = now;
          identity = e.getTextIdentity();
        } else if (e.getState() != ActivityState.UNKNOWN
            && e.getState() != ActivityState.STARTING) {
          statement.idle(e.getState() != ActivityState.IDLE);
        }
      } else if (event instanceof PortalDefined e && e.getText() == 0) {
        statement.defined(e.getPortal());
      } else if (event instanceof FunctionEntry e) {
        String name = strings.get(e.getFunction());
        if (name.equals("PortalRun")) {
          statement.portalRuns(e.getObject());
        } else if (name.equals("pg_parse_query")) {
          statement.parses();
        } else if (name.startsWith("parse_analyze")) {
          statement.plans();
        }
      } else if (event instanceof StatementEntry e) {
        boolean own =
            e.getText() == 0
                || (strings.get(e.getText()).equals(text) && e.getTextIdentity() == identity);
        if (strings.get(e.getFunction()).equals("standard_planner")) {
          statement.plans();
        } else if (own) {
          statement.runs(e.getObject());
        }
      } else if (event instanceof CommandEnd) {
        statement.commandEnds(timeNs);
      } else if (event instanceof ErrorReported) {
        statement.fails();
      } else if (event instanceof TransactionEnd) {
        statement.transactionEnds();
      }
    }

    private void compare() {
      RawEventBatch first = batches.get(0);
      long offset = first.getClock().getUtcNs() - first.getClock().getMonotonicNs();
      Map<Long, String> idOfStart = new HashMap<>();
      traces.forEach(
          trace -> idOfStart.putIfAbsent(trace.getStartUtcNs() - offset, trace.getTraceId()));
      long last = 0;
      for (Answer answer : answers) {
        last = answer.openTrace == 0 ? last : answer.openTrace;
        // Nobody waits for a process that has ended.
        boolean over = answer.event instanceof BackendEnd;
        if (last == 0 || over || answer.event instanceof BindsBound) {
          continue;
        }
        tally.asked++;
        if (!answer.certain) {
          continue;
        }
        tally.certain++;
        String id = idOfStart.get(answer.startNs);
        boolean same = id != null && Long.parseUnsignedLong(id.substring(0, 16), 16) == last;
        if (!same) {
          tally.wrong.add(
              "at %d (%s): statement of %d has %s, the stitcher has %016x"
                  .formatted(
                      answer.timeNs,
                      answer.event.getClass().getSimpleName(),
                      answer.startNs,
                      id,
                      last));
        } else if (answer.openTrace == 0
            && answer.unsettled != null
            && !answer.unsettled.contains(id)) {
          tally.wrong.add(
              "at %d (%s): %s is settled, not %s"
                  .formatted(
                      answer.timeNs,
                      answer.event.getClass().getSimpleName(),
                      id,
                      answer.unsettled));
        }
      }
    }

    private StitchOutput output() {
      return new StitchOutput() {
        @Override
        public void trace(QueryTrace trace) {
          traces.add(trace);
          unsettled.add(trace.getTraceId());
        }

        @Override
        public void share(QueryTrace trace, long startNs, long utcOffsetNs) {}

        @Override
        public void launched(TeamLaunch launch) {}

        @Override
        public void placed(long context, int number, long timeNs, String spanId) {}

        @Override
        public void settled(WaitedFor waitedFor) {
          unsettled.clear();
        }

        @Override
        public void records(TraceRecords records, long endUtcNs) {}
      };
    }
  }
}
