package io.pgstitch.processor;

import io.pgstitch.schema.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** What a broker knows of records that did not come, for the message of a test that fails. */
final class BrokerState {
  private BrokerState() {}

  /**
   * Says how far each partition is written, committed and read, and whose transactions are open.
   *
   * @param brokers {@code bootstrap.servers}
   * @param group the one that reads raw events
   */
  static String of(String brokers, String group, int partitions) {
    StringBuilder said = new StringBuilder();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      for (String topic : List.of(Topics.RAW_EVENTS, Topics.QUERY_TRACES, Topics.TRACE_RECORDS)) {
        List<TopicPartition> all =
            IntStream.range(0, partitions).mapToObj(i -> new TopicPartition(topic, i)).toList();
        said.append(
            "%n%s: written %s, committed %s"
                .formatted(
                    topic,
                    ends(admin, all, IsolationLevel.READ_UNCOMMITTED),
                    ends(admin, all, IsolationLevel.READ_COMMITTED)));
        admin
            .describeProducers(all)
            .all()
            .get()
            .forEach(
                (partition, state) ->
                    state.activeProducers().stream()
                        .filter(producer -> producer.currentTransactionStartOffset().isPresent())
                        .forEach(
                            producer ->
                                said.append("\n  open on ")
                                    .append(partition)
                                    .append(": ")
                                    .append(producer)));
      }
      said.append("\nread: ")
          .append(
              byNumber(
                  admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()));
      said.append("\ngroup: ").append(admin.describeConsumerGroups(List.of(group)).all().get());
      for (var listing : admin.listTransactions().all().get()) {
        said.append("\n").append(listing);
      }
    } catch (ExecutionException e) {
      said.append('\n').append(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return said.toString();
  }

  private static Map<String, Object> byNumber(Map<TopicPartition, ?> offsets) {
    Map<String, Object> named = new TreeMap<>();
    offsets.forEach((partition, offset) -> named.put(partition.toString(), offset));
    return named;
  }

  private static List<Long> ends(Admin admin, List<TopicPartition> all, IsolationLevel level)
      throws ExecutionException, InterruptedException {
    List<Long> ends = new ArrayList<>();
    for (TopicPartition each : all) {
      ends.add(
          admin
              .listOffsets(Map.of(each, OffsetSpec.latest()), new ListOffsetsOptions(level))
              .partitionResult(each)
              .get()
              .offset());
    }
    return ends;
  }
}
