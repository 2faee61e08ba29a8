package io.pgstitch.schema;

import static java.util.stream.Collectors.toMap;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Finds transactions that nobody ends. One look alone cannot tell them from those that are at work,
 * so it remembers what it saw. For one thread.
 */
public final class OpenTransactions {
  private final Admin admin;
  private final Set<String> topics;
  private final Duration still;
  private final Duration limit;
  private Map<TopicPartition, Held> before = Map.of();

  /** A partition whose last stable offset is behind its end, and when it was first seen there. */
  private record Held(long offset, long waiting, Instant first) {}

  /**
   * Values that stay.
   *
   * @param admin stays the caller's
   * @param topics where it looks; those that do not exist are passed over
   * @param still how long a partition must have been held up at one offset before its eyes
   * @param limit age from which a transaction counts, by its last record or by its first sight
   */
  public OpenTransactions(Admin admin, Set<String> topics, Duration still, Duration limit) {
    this.admin = admin;
    this.topics = Set.copyOf(topics);
    this.still = still;
    this.limit = limit;
  }

  /**
   * What holds up partitions now.
   *
   * @param now by the clock of the wall, as the records' times
   * @throws ExecutionException when the brokers do not answer all that is asked; what was seen
   *     before is kept then
   */
  public List<OpenTransaction> look(Instant now) throws ExecutionException, InterruptedException {
    Map<TopicPartition, Held> held = held(now);
    before = held;
    Map<TopicPartition, Held> lasting = new HashMap<>(held);
    lasting.values().removeIf(each -> each.first().plus(still).isAfter(now));
    if (lasting.isEmpty()) {
      return List.of();
    }
    var producers = admin.describeProducers(lasting.keySet());
    List<OpenTransaction> found = new ArrayList<>();
    for (Map.Entry<TopicPartition, Held> each : lasting.entrySet()) {
      TopicPartition partition = each.getKey();
      Held where = each.getValue();
      try {
        var states = producers.partitionResult(partition).get().activeProducers();
        for (ProducerState state : states) {
          if (state.currentTransactionStartOffset().orElse(-1) == where.offset()) {
            found.add(open(partition, where, Optional.of(writer(state))));
          }
        }
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof AuthorizationException)) {
          throw e;
        }
        found.add(open(partition, where, Optional.empty()));
      }
    }
    found.removeIf(each -> earliest(each).plus(limit).isAfter(now));
    return found;
  }

  private static OpenTransaction open(
      TopicPartition partition, Held where, Optional<OpenTransaction.Writer> writer) {
    return new OpenTransaction(partition, where.offset(), where.waiting(), where.first(), writer);
  }

  /** The record's time alone would not do: a clock that is ahead makes it young for ever. */
  private static Instant earliest(OpenTransaction open) {
    return open.writer()
        .map(OpenTransaction.Writer::lastRecord)
        .filter(last -> last.isBefore(open.since()))
        .orElse(open.since());
  }

  private static OpenTransaction.Writer writer(ProducerState state) {
    return new OpenTransaction.Writer(
        state.producerId(), state.producerEpoch(), Instant.ofEpochMilli(state.lastTimestamp()));
  }

  private Map<TopicPartition, Held> held(Instant now)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends =
        partitions().stream().collect(toMap(each -> each, each -> OffsetSpec.latest()));
    // In this order: what is committed in between is no reason to take a partition for held up.
    Map<TopicPartition, ListOffsetsResultInfo> all =
        ends(ends, IsolationLevel.READ_UNCOMMITTED).get();
    Map<TopicPartition, ListOffsetsResultInfo> stable =
        ends(ends, IsolationLevel.READ_COMMITTED).get();
    Map<TopicPartition, Held> held = new HashMap<>();
    stable.forEach(
        (partition, end) -> {
          long waiting = all.get(partition).offset() - end.offset();
          if (waiting > 0) {
            Held last = before.get(partition);
            boolean same = last != null && last.offset() == end.offset();
            held.put(partition, new Held(end.offset(), waiting, same ? last.first() : now));
          }
        });
    return held;
  }

  private KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> ends(
      Map<TopicPartition, OffsetSpec> ends, IsolationLevel isolation) {
    return admin.listOffsets(ends, new ListOffsetsOptions(isolation)).all();
  }

  private List<TopicPartition> partitions() throws ExecutionException, InterruptedException {
    List<TopicPartition> partitions = new ArrayList<>();
    for (KafkaFuture<TopicDescription> each :
        admin.describeTopics(topics).topicNameValues().values()) {
      try {
        TopicDescription topic = each.get();
        topic
            .partitions()
            .forEach(p -> partitions.add(new TopicPartition(topic.name(), p.partition())));
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw e;
        }
      }
    }
    return partitions;
  }
}
