package io.pgstitch.exporter.durable;

import io.pgstitch.exporter.sink.Answer;
import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A sink that appends each record to a file of a directory, exactly once.
 *
 * @param <T> type of the records
 */
public final class DurableSink<T> implements Sink<T> {

  /**
   * Turns records into bytes of files.
   *
   * @param <T> type of the records
   */
  public interface Rendering<T> {

    /** Appends for the records, at most one for each file, the records' order kept in each. */
    List<Append> render(List<T> records);

    /** How many of the records leave nothing, as their application does not record them. */
    default long unsampled(List<T> records) {
      return 0;
    }
  }

  private final JournaledDirectory directory;
  private final Rendering<T> rendering;

  /** Writes into {@code directory}, which it closes at its end. */
  public DurableSink(JournaledDirectory directory, Rendering<T> rendering) {
    this.directory = directory;
    this.rendering = rendering;
  }

  @Override
  public Answer<T> deliver(List<SinkRecord<T>> batch) {
    try {
      directory.ready();
      List<T> fresh = new ArrayList<>(batch.size());
      Map<Partition, Long> reached = new HashMap<>();
      for (SinkRecord<T> record : batch) {
        if (!directory.holds(record.partition(), record.offset())) {
          fresh.add(record.value());
          reached.put(record.partition(), record.offset() + 1);
        }
      }
      if (!fresh.isEmpty()) {
        directory.append(rendering.render(fresh), reached);
      }
      Answer<T> accepted = Answer.accepted((long) batch.size() - fresh.size());
      return accepted.leavingOut(rendering.unsampled(fresh));
    } catch (IOException e) {
      return Answer.retry(batch, "the disk refused a write: " + e);
    }
  }

  @Override
  public void close() {
    try {
      directory.close();
    } catch (IOException e) {
      throw new UncheckedIOException("could not finish the files; a restart repairs them", e);
    }
  }
}
