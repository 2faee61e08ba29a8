package io.pgstitch.processor;

import io.pgstitch.processor.stitch.Counter;
import io.pgstitch.processor.stitch.StitchCounters;
import io.pgstitch.processor.stitch.StitchLimits;
import io.pgstitch.processor.topology.OfflineStitching;
import io.pgstitch.processor.topology.SessionTimes;
import io.pgstitch.schema.QueryTrace;
import io.pgstitch.schema.RawEventBatch;
import io.pgstitch.schema.SamplingReason;
import io.pgstitch.schema.TraceRecords;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What comes of a topic of raw events when nothing happens to those who stitch it; by pid. */
final class UndisturbedRun {
  private final Map<Integer, OfflineStitching> partitions = new HashMap<>();
  private final StitchCounters counters = new StitchCounters();
  final Map<Integer, List<QueryTrace>> kept = new HashMap<>();
  final Map<Integer, List<QueryTrace>> leftOut = new HashMap<>();
  final Map<Integer, List<TraceRecords>> records = new HashMap<>();

  /** Takes the next record of its partition. */
  void accept(ConsumerRecord<String, RawEventBatch> record) {
    partitions
        .computeIfAbsent(record.partition(), p -> stitching())
        .accept(record.key(), record.value(), record.timestamp());
  }

  private OfflineStitching stitching() {
    return new OfflineStitching(
        StitchLimits.DEFAULT,
        counters,
        SessionTimes.DEFAULT,
        new OfflineStitching.Output() {
          @Override
          public void trace(String key, QueryTrace trace) {
            boolean left =
                trace.getSampling() != null
                    && trace.getSampling().getReason() == SamplingReason.LEFT_OUT;
            add(left ? leftOut : kept, trace.getBackend().getPid(), trace);
          }

          @Override
          public void records(String key, TraceRecords more, long endUtcMs) {
            add(records, more.getBackend().getPid(), more);
          }
        });
  }

  private static <T> void add(Map<Integer, List<T>> to, int pid, T value) {
    to.computeIfAbsent(pid, p -> new ArrayList<>()).add(value);
  }

  long count(Counter counter) {
    return counters.get(counter);
  }

  /** What sampling has not decided on when all was read. */
  long undecided() {
    return counters.get(Counter.HELD_BACK);
  }
}
