package io.pgstitch.exporter.runner;

import io.pgstitch.exporter.sink.Answer;
import io.pgstitch.exporter.sink.Partition;
import io.pgstitch.exporter.sink.Sink;
import io.pgstitch.exporter.sink.SinkRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sink that is given its records by the caller, not by a consumer. There are no dead letters:
 * what the sink rejects is logged and counted, and who replays can read it again.
 *
 * @param <T> type of the records
 */
public final class DirectSink<T> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DirectSink.class);
  private static final Duration FIRST_WAIT = Duration.ofMillis(200);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
  private static final int MOST_RECORDS = 1_000;

  /** Spans or lines that are held at most; a record may have thousands. */
  private static final int MOST_WEIGHT = 20_000;

  private final String name;
  private final String topic;
  private final Class<T> type;
  private final Sink<T> sink;
  private final Duration patience;
  private final List<SinkRecord<T>> held = new ArrayList<>();
  private long weight;
  private long delivered;
  private long duplicates;
  private long rejected;
  private long refusedItems;
  private long unsampled;

  /**
   * Values that stay.
   *
   * @param topic whose records it takes
   * @param patience how long the sink may refuse before {@link #flush} fails
   */
  public DirectSink(String name, String topic, Class<T> type, Sink<T> sink, Duration patience) {
    this.name = name;
    this.topic = topic;
    this.type = type;
    this.sink = sink;
    this.patience = patience;
  }

  /** Name of the sink. */
  public String name() {
    return name;
  }

  /** Whether it takes what such a topic has. */
  public boolean takes(String other) {
    return topic.equals(other);
  }

  /**
   * Holds a record, and delivers what is held once it is much.
   *
   * @param parts spans or lines that the record has
   */
  public void add(Partition partition, long offset, Object value, int parts) {
    held.add(new SinkRecord<>(partition, offset, type.cast(value)));
    weight += parts;
    if (held.size() >= MOST_RECORDS || weight >= MOST_WEIGHT) {
      flush();
    }
  }

  /**
   * Delivers what is held.
   *
   * @throws IllegalStateException when the sink did not take it for as long as the patience
   */
  public void flush() {
    Backoff backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT);
    long deadline = System.nanoTime() + patience.toNanos();
    while (!held.isEmpty()) {
      Answer<T> answer = sink.deliver(List.copyOf(held));
      count(answer);
      held.clear();
      held.addAll(answer.retry());
      if (!held.isEmpty()) {
        Duration wait = backoff.next(answer.retryAfter());
        if (System.nanoTime() + wait.toNanos() - deadline > 0) {
          throw new IllegalStateException(
              "sink " + name + " takes nothing: " + answer.retryReason());
        }
        LOG.info("sink {} is tried again in {}: {}", name, wait, answer.retryReason());
        sleep(wait);
      }
    }
    weight = 0;
  }

  private void count(Answer<T> answer) {
    for (Answer.Rejection<T> rejection : answer.rejected()) {
      LOG.warn("sink {} rejected {}: {}", name, rejection.record(), rejection.reason());
    }
    rejected += answer.rejected().size();
    duplicates += answer.duplicates();
    refusedItems += answer.refusedItems();
    unsampled += answer.unsampled();
    delivered +=
        held.size() - answer.retry().size() - answer.rejected().size() - answer.duplicates();
  }

  private static void sleep(Duration wait) {
    try {
      Thread.sleep(wait.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a sink was waited for", e);
    }
  }

  /** Records that the sink will never take. */
  public long rejected() {
    return rejected;
  }

  /** What was counted, by name. */
  public Map<String, Long> counters() {
    Map<String, Long> all = new LinkedHashMap<>();
    all.put("delivered", delivered);
    all.put("duplicates_skipped", duplicates);
    all.put("rejected", rejected);
    all.put("refused_items", refusedItems);
    all.put("unsampled", unsampled);
    return all;
  }

  @Override
  public void close() {
    sink.close();
  }
}
