package io.pgstitch.collector;

import io.pgstitch.schema.Activity;
import io.pgstitch.schema.ActivityState;
import io.pgstitch.schema.Backend;
import io.pgstitch.schema.RawEventBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Follows the sequence numbers of one server's backends through a topic, as the processor does. */
final class SequenceCheck {
  private record Stream(int pid, long startNanos, long epochNanos) {}

  private final String dataDirectory;
  private final Map<Stream, Long> last = new HashMap<>();
  private final List<String> wrong = new ArrayList<>();
  private final Map<String, Long> messages = new HashMap<>();
  private long repeats;
  private long missing;
  private long dropped;

  SequenceCheck(String dataDirectory) {
    this.dataDirectory = dataDirectory;
  }

  void accept(RawEventBatch batch) {
    Backend backend = batch.getBackend();
    if (!backend.getDataDirectory().equals(dataDirectory)) {
      return;
    }
    Stream stream = new Stream(backend.getPid(), backend.getStartNs(), batch.getEpochNs());
    long next = last.getOrDefault(stream, 0L) + 1;
    if (batch.getLastSequence() < next) {
      repeats++;
      return;
    }
    long gap = batch.getFirstSequence() - next;
    if (gap != batch.getLostBefore()) {
      wrong.add(
          stream
              + ": after "
              + (next - 1)
              + " comes "
              + batch.getFirstSequence()
              + ", said to lose "
              + batch.getLostBefore());
    }
    last.put(stream, batch.getLastSequence());
    missing += gap;
    dropped += batch.getDroppedBefore();
    for (Object event : batch.getEvents()) {
      if (event instanceof Activity activity && activity.getState() == ActivityState.RUNNING) {
        messages.merge(backend.getApplicationName(), 1L, Long::sum);
        String text = batch.getStrings().get(activity.getText());
        if (text.startsWith("select 'marker")) {
          messages.merge(text, 1L, Long::sum);
        }
      }
    }
  }

  /** Batches that do not follow on the one before, and do not say how much is missing. */
  List<String> wrong() {
    return wrong;
  }

  /** Running messages of an application, or of a text that begins with select 'marker. */
  long messages(String of) {
    return messages.getOrDefault(of, 0L);
  }

  /** Batches that came again. */
  long repeats() {
    return repeats;
  }

  /** Events that are missing. */
  long missing() {
    return missing;
  }

  /** Of these, those that the collector says it dropped. */
  long dropped() {
    return dropped;
  }
}
