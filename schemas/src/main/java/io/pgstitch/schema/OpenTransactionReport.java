package io.pgstitch.schema;

import static java.time.temporal.ChronoUnit.SECONDS;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** What is said of transactions that nobody ends: at first sight, and again when they last. */
final class OpenTransactionReport {
  private final String brokers;
  private final Duration again;
  private final Map<TopicPartition, Said> said = new HashMap<>();

  private record Said(long offset, Instant at) {}

  /**
   * @param brokers for the commands that help
   * @param again after which the same is said again
   */
  OpenTransactionReport(String brokers, Duration again) {
    this.brokers = brokers;
    this.again = again;
  }

  /** The lines that are due. */
  List<String> warnings(List<OpenTransaction> found, Instant now) {
    List<String> lines = new ArrayList<>();
    for (OpenTransaction each : found) {
      Said last = said.get(each.partition());
      if (last == null || last.offset() != each.offset() || !last.at().plus(again).isAfter(now)) {
        said.put(each.partition(), new Said(each.offset(), now));
        lines.add(line(each));
      }
    }
    return lines;
  }

  /** The partitions of which something was said and that are free now; each is named once. */
  List<TopicPartition> freed(List<OpenTransaction> found) {
    List<TopicPartition> free =
        said.keySet().stream()
            .filter(
                partition -> found.stream().noneMatch(each -> each.partition().equals(partition)))
            .toList();
    free.forEach(said::remove);
    return free;
  }

  private String line(OpenTransaction open) {
    String place =
        " --topic " + open.partition().topic() + " --partition " + open.partition().partition();
    String tool = "'kafka-transactions.sh --bootstrap-server " + brokers + " ";
    return String.join(
        " ",
        "%s is held up: the transaction at offset %d was open at %s and still is. It is of %s."
            .formatted(
                open.partition(), open.offset(), open.since().truncatedTo(SECONDS), producer(open)),
        "%d records from there on wait, and whoever reads committed records waits with them: exporters and processors that restore their state."
            .formatted(open.waiting()),
        "A broker's fault leaves such transactions: those of Kafka 4.3.0 and 4.3.1 do when they were killed (KAFKA-20734); run 4.2.1 or one where it is fixed.",
        tool + "find-hanging --max-transaction-timeout 5" + place + "' tells whether it hangs;",
        "if it does,",
        tool + "abort" + place + " --start-offset " + open.offset() + "' ends it.",
        "An abort loses that transaction's records to all readers; 'pgstitch replay' makes traces again from the raw events, as long as these are kept.");
  }

  private static String producer(OpenTransaction open) {
    return open.writer()
        .map(
            writer ->
                "producer %d epoch %d, whose last record there has the time %s"
                    .formatted(writer.id(), writer.epoch(), writer.lastRecord()))
        .orElse("a producer that is not shown to this user, who may not READ the topic");
  }
}
